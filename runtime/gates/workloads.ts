/** Names that the Kubernetes manifests give to what is judged (gitops/base). */
export const RECORDER_COMPONENT = 'ws-recorder';
export const RECORDER_DEPLOYMENT = 'orderbooks-ws-recorder';
export const COLLECTOR_COMPONENT = 'collector';
export const COLLECTOR_DEPLOYMENT = 'orderbooks-collector';
export const UPLOADER_CRON_JOB = 'orderbooks-uploader';
