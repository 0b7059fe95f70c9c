import type { Api } from '../../gates/kubernetes/api.ts';
import { type PodObject, podList } from '../../gates/kubernetes/objects.ts';
import { redactText } from '../../observability/redaction.ts';

/** What the verifier of a run that left no evidence (yet) says for itself. */
export interface VerifierPod {
  readonly name: string;
  /** `Pending`, `Running`, `Failed` … */
  readonly phase: string;
  /** Why it does not run, in the kubelet's words; empty while it runs. */
  readonly trouble: string;
  /** The end of its log; empty if it has none. */
  readonly log: string;
}

/** More is no progress that anybody reads in a browser. */
const LOG_LINES = 500;
const LOG_BYTES = 256 * 1024;
/** Kubernetes cuts what stands before a generated name's five random characters to this length. */
const GENERATED_PREFIX = 58;
const RANDOM_CHARACTERS = 5;

/** Whether a pod of this name was made by this Job. */
export function isPodOf(pod: string, job: string): boolean {
  const prefix = `${job}-`.slice(0, GENERATED_PREFIX);
  return pod.length === prefix.length + RANDOM_CHARACTERS && pod.startsWith(prefix);
}

/** The newest pod of a Job in the Project's namespace, or null if it is gone or never was. */
export async function verifierPod(
  api: Api,
  project: string,
  job: string,
): Promise<VerifierPod | null> {
  const place = { group: '', version: 'v1', namespace: project } as const;
  const { items } = await api.json(
    {
      verb: 'list',
      ...place,
      resource: 'pods',
      query: { labelSelector: `batch.kubernetes.io/job-name=${job}` },
    },
    podList,
  );
  const pod = items.toSorted((a, b) => (began(a) < began(b) ? -1 : 1)).at(-1);
  if (pod === undefined) return null;
  const { phase = 'Unknown', containerStatuses, reason = '', message = '' } = pod.status ?? {};
  const waiting = containerStatuses?.[0]?.state?.waiting;
  return {
    name: pod.metadata.name,
    phase,
    trouble: [waiting?.reason ?? reason, waiting?.message ?? message].filter(Boolean).join(': '),
    log: waiting === undefined && phase !== 'Pending' ? await logOf(api, project, pod) : '',
  };
}

function began({ status }: PodObject): string {
  return status?.startTime ?? '';
}

async function logOf(api: Api, project: string, { metadata }: PodObject): Promise<string> {
  const text = await api.text({
    verb: 'get',
    group: '',
    version: 'v1',
    resource: 'pods/log',
    namespace: project,
    name: metadata.name,
    query: { tailLines: String(LOG_LINES), limitBytes: String(LOG_BYTES) },
  });
  return redactText(text);
}
