import { OrderbooksError } from '../../../runtime/errors.ts';
import {
  ANALYSIS_RANK,
  assessment,
  CONSECUTIVE_ERROR_LIMIT,
} from '../../kargo/analysis-outcome.ts';
import type { KubernetesObject } from '../../kargo/step.ts';
import { argumentsOf, metricJob, resolveMetric } from './analysis-metric.ts';
import type { Emit } from './events.ts';
import { at, canonical, fields, list, text } from './fields.ts';
import { ANALYSIS_RUN, JOB } from './kinds.ts';
import { namespaceOf } from './object-identity.ts';
import { ownerKey, splitKey } from './pod-template.ts';
import { ReconcileQueue } from './reconcile-queue.ts';
import type { ObjectStore } from './store.ts';

type Phase = 'Pending' | 'Running' | 'Successful' | 'Failed' | 'Error' | 'Inconclusive';

interface Measurement {
  readonly phase: Phase;
  readonly startedAt: string;
  readonly finishedAt?: string;
  readonly message?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

interface MetricResult {
  readonly name: string;
  readonly phase: Phase;
  readonly message?: string;
  readonly count?: number;
  readonly successful?: number;
  readonly failed?: number;
  readonly error?: number;
  readonly consecutiveError?: number;
  readonly dryRun?: boolean;
  readonly measurements: readonly Measurement[];
}

/** Rollouts measures again this long after an error of its own. */
const ERROR_RETRY_MS = 10_000;

const RANK: readonly Phase[] = ANALYSIS_RANK;

/**
 * Stands in for the analysis controller of Argo Rollouts: runs each metric of an AnalysisRun as a Job in the run's namespace, once
 * (`count` above 1 and `interval` are an Error that says so), and reports phase and message in Rollouts' words.
 */
export class AnalysisController {
  readonly #store: ObjectStore;
  readonly #emit: Emit;
  readonly #queue: ReconcileQueue;
  readonly #unsubscribe: () => void;

  constructor(store: ObjectStore, emit: Emit) {
    this.#store = store;
    this.#emit = emit;
    this.#queue = new ReconcileQueue('AnalysisRun', emit, (key) => this.#reconcile(key));
    this.#unsubscribe = store.on(({ kind, object }) => {
      if (kind === ANALYSIS_RUN) this.#queue.add(`${namespaceOf(object)}/${object.metadata.name}`);
      if (kind !== JOB) return;
      const owner = ownerKey(object, ANALYSIS_RUN);
      if (owner !== undefined) this.#queue.add(owner);
    });
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    await this.#queue.stop();
  }

  #reconcile(key: string): void {
    const run = this.#store.get(ANALYSIS_RUN, ...splitKey(key));
    if (run === undefined || run.metadata['deletionTimestamp'] !== undefined) return;
    const before = fields(run['status']);
    if (before['completedAt'] !== undefined) return;
    const known = list(before['metricResults']) as readonly MetricResult[];
    const terminate = at(run, 'spec', 'terminate') === true;
    let results = list(at(run, 'spec', 'metrics')).map((metric) => {
      const name = text(at(metric, 'name')) ?? '';
      const result = known.find((each) => each.name === name) ?? fresh(run, name);
      return this.#measure(key, run, metric, result, terminate);
    });
    const lost = results.some(
      (each) => isOver(each) && each.phase !== 'Successful' && !each.dryRun,
    );
    if (lost) results = results.map((each) => (isOver(each) ? each : this.#terminate(run, each)));
    this.#publish(run, results);
  }

  #measure(
    key: string,
    run: KubernetesObject,
    metric: unknown,
    result: MetricResult,
    terminate: boolean,
  ): MetricResult {
    if (isOver(result)) return result;
    const last = result.measurements.at(-1);
    if (last?.phase === 'Running') {
      return terminate ? this.#terminate(run, result) : this.#observe(key, run, metric, result);
    }
    if (terminate) return { ...result, phase: 'Successful', message: 'Run Terminated' };
    const retryAt = Date.parse(last?.finishedAt ?? '') + ERROR_RETRY_MS;
    if (last !== undefined && Date.now() < retryAt) {
      this.#queue.addAfter(key, retryAt - Date.now());
      return result;
    }
    return this.#start(key, run, metric, result);
  }

  #start(key: string, run: KubernetesObject, metric: unknown, result: MetricResult): MetricResult {
    const startedAt = this.#store.timestamp();
    try {
      const resolved = resolveMetric(metric, argumentsOf(this.#store, run));
      const job = metricJob(run, resolved, result.measurements.length + 1);
      this.#store.create(job);
      const metadata = { 'job-name': job.metadata.name, 'job-namespace': namespaceOf(job) };
      return {
        ...result,
        phase: 'Running',
        measurements: [...result.measurements, { phase: 'Running', startedAt, metadata }],
      };
    } catch (error) {
      if (!(error instanceof OrderbooksError)) throw error;
      const measurement: Measurement = { phase: 'Error', startedAt, message: error.message };
      return this.#assess(key, metric, {
        ...result,
        phase: 'Running',
        measurements: [...result.measurements, measurement],
      });
    }
  }

  #observe(
    key: string,
    run: KubernetesObject,
    metric: unknown,
    result: MetricResult,
  ): MetricResult {
    const name = result.measurements.at(-1)?.metadata?.['job-name'] ?? '';
    const job = this.#store.get(JOB, namespaceOf(run), name);
    if (job === undefined) {
      const message = `job.batch "${name}" not found`;
      return this.#assess(key, metric, withLast(result, { phase: 'Error', message }));
    }
    for (const condition of list(at(job, 'status', 'conditions'))) {
      if (at(condition, 'status') !== 'True') continue;
      const type = at(condition, 'type');
      if (type === 'Complete') {
        return this.#assess(key, metric, withLast(result, { phase: 'Successful' }));
      }
      if (type === 'Failed') {
        return this.#assess(key, metric, withLast(result, { phase: 'Failed' }));
      }
    }
    return result;
  }

  /** Counts the measurement that ended and decides whether the metric is over. */
  #assess(key: string, metric: unknown, result: MetricResult): MetricResult {
    const finishedAt = this.#store.timestamp();
    const ended = withLast(result, { finishedAt });
    const phase = ended.measurements.at(-1)?.phase ?? 'Error';
    if (phase === 'Successful') return { ...ended, phase, count: 1, successful: 1 };
    if (phase === 'Failed') {
      const failed = (ended.failed ?? 0) + 1;
      const limit = Number(at(metric, 'failureLimit') ?? 0);
      const counted = { ...ended, count: (ended.count ?? 0) + 1, failed };
      return failed > limit
        ? { ...counted, phase }
        : // With one measurement, a failure inside the limit ends the metric well.
          { ...counted, phase: 'Successful' };
    }
    const consecutiveError = (ended.consecutiveError ?? 0) + 1;
    const limit = Number(at(metric, 'consecutiveErrorLimit') ?? CONSECUTIVE_ERROR_LIMIT);
    const counted = { ...ended, error: consecutiveError, consecutiveError };
    if (consecutiveError > limit) return { ...counted, phase: 'Error' };
    this.#queue.addAfter(key, ERROR_RETRY_MS);
    return counted;
  }

  /** Deletes the Job; v1.9 then calls the measurement Successful. */
  #terminate(run: KubernetesObject, result: MetricResult): MetricResult {
    const name = result.measurements.at(-1)?.metadata?.['job-name'] ?? '';
    if (this.#store.get(JOB, namespaceOf(run), name) !== undefined) {
      this.#store.delete(JOB, namespaceOf(run), name, { propagation: 'Foreground' });
    }
    const end: Partial<Measurement> = {
      phase: 'Successful',
      message: 'Metric Terminated',
      finishedAt: this.#store.timestamp(),
    };
    return { ...withLast(result, end), phase: 'Successful', count: 1, successful: 1 };
  }

  #publish(run: KubernetesObject, results: readonly MetricResult[]): void {
    const now = this.#store.timestamp();
    const over = results.every(isOver);
    const judged = results.filter((each) => !each.dryRun);
    const worst = judged.reduce<MetricResult | undefined>(
      (bad, each) =>
        bad === undefined || RANK.indexOf(each.phase) > RANK.indexOf(bad.phase) ? each : bad,
      undefined,
    );
    const phase: Phase = over ? (worst?.phase ?? 'Successful') : 'Running';
    const message = over && worst !== undefined ? messageOf(run, worst) : undefined;
    const current = this.#store.get(ANALYSIS_RUN, namespaceOf(run), run.metadata.name);
    if (current === undefined) return;
    const before = fields(current['status']);
    const status = {
      phase,
      ...(message === undefined ? {} : { message }),
      startedAt: before['startedAt'] ?? now,
      ...(over ? { completedAt: now } : {}),
      metricResults: results,
      runSummary: {
        count: judged.length,
        successful: judged.filter((each) => each.phase === 'Successful').length,
        failed: judged.filter((each) => each.phase === 'Failed').length,
        error: judged.filter((each) => each.phase === 'Error').length,
      },
    };
    if (canonical(status) === canonical(before)) return;
    this.#store.update({ ...current, status });
    if (!over) return;
    this.#emit({
      type: 'analysis-finished',
      namespace: namespaceOf(run),
      analysisRun: run.metadata.name,
      phase,
      message: message ?? '',
    });
  }
}

function fresh(run: KubernetesObject, name: string): MetricResult {
  const dryRun = list(at(run, 'spec', 'dryRun')).some((rule) =>
    new RegExp(`^(?:${text(at(rule, 'metricName')) ?? ''})$`).test(name),
  );
  return { name, phase: 'Pending', measurements: [], ...(dryRun ? { dryRun } : {}) };
}

function isOver(result: MetricResult): boolean {
  return result.phase !== 'Pending' && result.phase !== 'Running';
}

function withLast(result: MetricResult, change: Partial<Measurement>): MetricResult {
  const last = result.measurements.at(-1);
  if (last === undefined) return result;
  const measurements = [...result.measurements.slice(0, -1), { ...last, ...change }];
  return { ...result, measurements };
}

/** As Rollouts words it (facts/observed.md 19): nothing of the Job's own reason. */
function messageOf(run: KubernetesObject, result: MetricResult): string | undefined {
  const metric = list(at(run, 'spec', 'metrics')).find((each) => at(each, 'name') === result.name);
  const { name, phase, failed = 0, consecutiveError = 0 } = result;
  if (phase === 'Failed') return assessment(name, phase, fields(metric), failed);
  if (phase !== 'Error') return undefined;
  const why = result.measurements.at(-1)?.message ?? '';
  return assessment(name, phase, fields(metric), consecutiveError, why);
}
