import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type Evidence, evidence, isIntact } from '../../runtime/gates/evidence.ts';
import type { Kubectl } from '../cluster/kubectl.ts';
import { PROJECT } from './delivery.ts';
import { configMap } from './objects.ts';

const analysisRun = z.object({
  status: z
    .object({
      phase: z.string().default(''),
      message: z.string().default(''),
      metricResults: z
        .array(
          z.object({
            name: z.string(),
            phase: z.string(),
            message: z.string().default(''),
            measurements: z
              .array(
                z.object({
                  message: z.string().default(''),
                  metadata: z.record(z.string(), z.string()).default({}),
                }),
              )
              .default([]),
          }),
        )
        .default([]),
    })
    .prefault({}),
});

/** What a verification left behind. */
export interface Traces {
  /** Null where no immutable document of a run began after the time asked for. */
  readonly evidence: Evidence | null;
  /** The latest verdict beside it. */
  readonly latest: string | null;
  /** The verifier's log; empty if its pod is gone. */
  readonly log: string;
  /** What Kargo's UI shows of the run. */
  readonly shown: string;
}

/** Reads and keeps (in `folder`) the evidence, the AnalysisRun and the verifier's log of one verification. */
export async function tracesOf(
  kubectl: Kubectl,
  options: {
    readonly stage: string;
    readonly commit: string;
    readonly since: Date;
    readonly analysisRun: string | null;
    readonly folder: string;
  },
): Promise<Traces> {
  const { stage, commit, since, folder } = options;
  await mkdir(folder, { recursive: true });
  const documents = await evidenceSince(kubectl, stage, since);
  const own = documents.find(({ subject }) => subject.commit === commit) ?? null;
  const latest = (
    await kubectl.list('configmaps', PROJECT, configMap, `orderbooks-evidence=latest`)
  ).find(({ metadata }) => metadata.name.startsWith(`evidence-${stage}-${commit.slice(0, 12)}-`));
  const run =
    options.analysisRun === null
      ? null
      : await kubectl.find('analysisruns.argoproj.io', options.analysisRun, PROJECT, analysisRun);
  const metric = run?.status.metricResults[0];
  const job = metric?.measurements.at(-1)?.metadata['job-name'];
  const log = job === undefined ? '' : await logOf(kubectl, job);
  await writeFile(join(folder, 'verifier.log'), log);
  if (own !== null) {
    await writeFile(join(folder, 'evidence.json'), `${JSON.stringify(own, null, 2)}\n`);
  }
  if (options.analysisRun !== null) {
    const text = await kubectl.run([
      'get',
      'analysisruns.argoproj.io',
      options.analysisRun,
      `--namespace=${PROJECT}`,
      '--output=yaml',
      '--ignore-not-found',
    ]);
    await writeFile(join(folder, 'analysisrun.yaml'), text);
  }
  return {
    evidence: own,
    latest: latest?.data['verdict'] ?? null,
    log,
    shown: [run?.status.phase, run?.status.message, metric?.message].filter(Boolean).join(': '),
  };
}

/** Whole and intact documents of runs that began after a time, newest first. */
export async function evidenceSince(
  kubectl: Kubectl,
  stage: string,
  since: Date,
): Promise<readonly Evidence[]> {
  const kept = await kubectl.list(
    'configmaps',
    PROJECT,
    configMap,
    `orderbooks-evidence=run,orderbooks-stage=${stage}`,
  );
  return kept
    .filter(({ immutable }) => immutable)
    .flatMap(({ data }) => {
      const result = evidence.safeParse(jsonOf(data['evidence.json'] ?? ''));
      return result.success && isIntact(result.data) ? [result.data] : [];
    })
    .filter(({ started_at }) => Date.parse(started_at) >= since.getTime())
    .sort((left, right) => (left.started_at < right.started_at ? 1 : -1));
}

async function logOf(kubectl: Kubectl, job: string): Promise<string> {
  const answer = await kubectl.answer([
    'logs',
    `job/${job}`,
    `--namespace=${PROJECT}`,
    '--tail=-1',
  ]);
  return answer.code === 0 ? answer.out : '';
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
