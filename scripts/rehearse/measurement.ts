import type { AnalysisRun } from '../kargo/analysis-run.ts';
import type { LocalCluster } from './cluster/cluster.ts';
import type { VerificationOutcome } from './delivery.ts';

/** Has the cluster's analysis controller measure an AnalysisRun, and waits for its end. */
export async function measure(
  cluster: LocalCluster,
  run: AnalysisRun,
  signal: AbortSignal,
): Promise<VerificationOutcome> {
  const { promise, resolve, reject } = Promise.withResolvers<VerificationOutcome>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  const off = cluster.on((event) => {
    if (event.type !== 'analysis-finished' || event.analysisRun !== run.name) return;
    resolve({ phase: event.phase, message: event.message });
  });
  try {
    signal.throwIfAborted();
    cluster.apply([
      {
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'AnalysisRun',
        metadata: { name: run.name, namespace: run.namespace, labels: run.labels },
        spec: {
          args: run.args,
          metrics: run.metrics,
          dryRun: run.dryRun.map((metricName) => ({ metricName })),
        },
      },
    ]);
    return await promise;
  } finally {
    off();
    signal.removeEventListener('abort', abort);
  }
}
