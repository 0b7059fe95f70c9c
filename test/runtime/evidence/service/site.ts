import { KeptRuns } from '../../../../runtime/evidence/service/kept-runs.ts';
import { LatestVerdicts } from '../../../../runtime/evidence/service/latest-verdicts.ts';
import { serviceMetrics } from '../../../../runtime/evidence/service/metrics.ts';
import { type EvidenceServer, serveEvidence } from '../../../../runtime/evidence/service/server.ts';
import { guardOf } from '../../../../runtime/evidence/service/token.ts';
import type { Evidence } from '../../../../runtime/gates/evidence.ts';
import { keepRun, markRunning, setLatest } from '../../../../runtime/gates/evidence-store.ts';
import { createApi } from '../../../../runtime/gates/kubernetes/api.ts';
import { openCluster } from '../../../../runtime/gates/kubernetes/cluster.ts';
import { connectKubernetes } from '../../../../runtime/gates/kubernetes/platform.ts';
import { createLogger } from '../../../../runtime/observability/logger.ts';
import { type Connected, connected } from '../../gates/kubernetes/connected.ts';
import { SUBJECT } from '../../gates/world.ts';

/** The real service over HTTP, in front of an API server that keeps what verifiers wrote. */
export interface EvidenceSite extends Connected {
  readonly url: string;
  readonly server: EvidenceServer;
  readonly verdicts: LatestVerdicts;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** As a verifier does at its end. */
  keep(document: Evidence): Promise<void>;
  /** As a verifier does at its beginning. */
  begin(run: string, startedAt: Date): Promise<void>;
}

export async function evidenceSite(
  options: { readonly token?: string; readonly pageUrl?: string } = {},
): Promise<EvidenceSite> {
  const base = await connected();
  const platform = connectKubernetes(base.options);
  const api = createApi(openCluster({ kubeconfig: base.options.kubeconfig }), {
    signal: base.abort.signal,
    wait: async () => {},
  });
  const verdicts = new LatestVerdicts(api, SUBJECT.project);
  const server = await serveEvidence(0, {
    site: {
      api,
      // Every list is asked for: a test changes what is kept and looks at once.
      runs: new KeptRuns(api, SUBJECT.project, ticking()),
      project: SUBJECT.project,
      pageUrl: options.pageUrl ?? null,
    },
    verdicts,
    metrics: serviceMetrics({ revision: 'r', image: 'i' }, () => verdicts.verdicts),
    guard: guardOf(options.token),
    logger: createLogger('error', {}),
  });
  const url = `http://127.0.0.1:${server.port}`;
  return {
    ...base,
    url,
    server,
    verdicts,
    get: (path, headers = {}) => fetch(`${url}${path}`, { headers: { ...headers } }),
    async keep(document) {
      await keepRun(platform, SUBJECT, document);
      await setLatest(platform, SUBJECT, document);
      base.api.requests.length = 0;
    },
    async begin(run, startedAt) {
      await markRunning(platform, SUBJECT, { run, gate: 'ws-smoke', startedAt });
      base.api.requests.length = 0;
    },
    async close() {
      await server.close();
      base.abort.abort();
      await base.close();
    },
  };
}

/** A minute later at every look. */
function ticking(): () => number {
  let now = 0;
  return () => {
    now += 60_000;
    return now;
  };
}
