import { createApi } from '../../gates/kubernetes/api.ts';
import { type ClusterAccess, openCluster } from '../../gates/kubernetes/cluster.ts';
import { createLogger } from '../../observability/logger.ts';
import { runUntilStopped } from '../../process/stopping.ts';
import { KeptRuns } from './kept-runs.ts';
import { LatestVerdicts, LOOK_EVERY_MS } from './latest-verdicts.ts';
import { serviceMetrics } from './metrics.ts';
import { serveEvidence } from './server.ts';
import { guardOf } from './token.ts';

export interface ServeOptions extends ClusterAccess {
  readonly project: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Where people reach the pages, without a slash at the end. */
  readonly pageUrl?: string | undefined;
}

/** Somebody waits in front of a page: with retries a dead API server is told within a quarter of a minute. */
const CALL_TIMEOUT_MS = 3_000;

/**
 * `orderbooks evidence serve`: shows what the Project keeps until SIGTERM or SIGINT, and resolves to the exit code. It
 * only reads, and asks for the token in ORDERBOOKS_EVIDENCE_TOKEN if there is one. Throws `ConfigurationError`.
 */
export async function serveCommand(options: ServeOptions): Promise<number> {
  const token = process.env['ORDERBOOKS_EVIDENCE_TOKEN'];
  const guard = guardOf(token);
  const cluster = openCluster(options);
  const logger = createLogger('info', { component: 'evidence' });
  return runUntilStopped(logger, async () => {
    const abort = new AbortController();
    const api = createApi(cluster, { signal: abort.signal, callTimeoutMs: CALL_TIMEOUT_MS });
    const verdicts = new LatestVerdicts(api, options.project);
    const server = await serveEvidence(options.port, {
      site: {
        api,
        runs: new KeptRuns(api, options.project),
        project: options.project,
        pageUrl: options.pageUrl ?? null,
      },
      verdicts,
      metrics: serviceMetrics(
        {
          revision: process.env['ORDERBOOKS_REVISION'] ?? '',
          image: process.env['ORDERBOOKS_IMAGE'] ?? '',
        },
        () => verdicts.verdicts,
      ),
      guard,
      logger,
    });
    logger.info(
      { port: server.port, project: options.project, guarded: Boolean(token) },
      'evidence is served',
    );
    let timer: NodeJS.Timeout | undefined;
    const look = async () => {
      await verdicts.look();
      if (!abort.signal.aborted) timer = setTimeout(look, LOOK_EVERY_MS);
    };
    void look();
    return {
      // Nothing here ends the process by itself: a cluster that does not answer is waited for.
      failure: new Promise(() => undefined),
      async stop() {
        clearTimeout(timer);
        await server.close();
        abort.abort();
      },
    };
  });
}
