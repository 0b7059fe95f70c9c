import type { UploadManifest } from '../archive/manifest.ts';
import type { InspectReport } from '../inspector/report.ts';

export type UploadedFile = UploadManifest['files'][number];

/** The manifest that the pod of the Job `job` wrote; pods of a Job are named after it. */
export function manifestOfJob(report: InspectReport, job: string): UploadManifest | null {
  return report.upload_manifests.findLast((one) => one.pod.startsWith(`${job}-`)) ?? null;
}
