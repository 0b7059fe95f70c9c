import { ConfigurationError } from '../config/error.ts';
import type { Evidence } from '../gates/evidence.ts';
import { type Api, createApi } from '../gates/kubernetes/api.ts';
import { type ClusterAccess, openCluster } from '../gates/kubernetes/cluster.ts';
import { keptEvidence } from '../gates/kubernetes/kept-evidence.ts';
import { configMapObject } from '../gates/kubernetes/objects.ts';
import { EvidenceError } from './error.ts';
import { readEvidence } from './read.ts';

export interface ClusterSource extends ClusterAccess {
  readonly project: string;
  readonly stage?: string | undefined;
  readonly run?: string | undefined;
}

/** A person waits: some seconds of retries, not minutes. */
const GIVE_UP_MS = 60_000;
/** What a verifier names its runs; anything else would be read as a path of the API. */
const RUN = /^evidence-run-[a-z0-9-]{1,200}$/;

/** The run that is named, or the newest one of a Stage, as the cluster keeps it; verified. */
export async function fromCluster(source: ClusterSource): Promise<Evidence> {
  if (source.run !== undefined && !RUN.test(source.run)) {
    throw new ConfigurationError(
      'USAGE',
      `--run: expected the name of a ConfigMap such as evidence-run-canary-20261121t100000z-0123abcd, got ${JSON.stringify(source.run)}`,
    );
  }
  const api = createApi(openCluster(source), { signal: AbortSignal.timeout(GIVE_UP_MS) });
  return evidenceOfRun(api, source);
}

/** The same through a connection that is there. */
export async function evidenceOfRun(
  api: Api,
  { project, run, stage }: Omit<ClusterSource, keyof ClusterAccess>,
): Promise<Evidence> {
  if (run !== undefined) {
    const found = await api.json(
      {
        verb: 'get',
        group: '',
        version: 'v1',
        resource: 'configmaps',
        namespace: project,
        name: run,
      },
      configMapObject,
    );
    return readEvidence(JSON.stringify(found), `namespace ${project}`);
  }
  const newest = (await keptEvidence(api, project, 'run', stage)).at(-1);
  if (newest === undefined) {
    throw new EvidenceError(
      'EVIDENCE_NOT_FOUND',
      `namespace ${project} keeps no evidence of a run of stage ${stage ?? '(any)'}; did a verification end there?`,
    );
  }
  return readEvidence(
    newest.data['evidence.json'] ?? '',
    `ConfigMap ${newest.name} in namespace ${project}`,
  );
}
