import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Evidence, evidence } from '../../../runtime/gates/evidence.ts';
import { latestEvidenceName } from '../../../runtime/gates/evidence-store.ts';
import type { Surroundings } from '../../../runtime/gates/surroundings.ts';
import type { VerifyOptions } from '../../../runtime/gates/terms.ts';
import { COMMIT, DIGEST, SUBJECT, World } from './world.ts';

export const LATEST = `${SUBJECT.project}/${latestEvidenceName(SUBJECT)}`;

/** Everything that the verify command takes and leaves, around a good world. */
export interface Prepared {
  readonly world: World;
  readonly folder: string;
  /** Lines on standard output and standard error. */
  readonly output: readonly string[];
  readonly progress: readonly string[];
  readonly options: VerifyOptions;
  readonly around: Surroundings;
  /** Sends a signal to the run that is under way. */
  signal(name: NodeJS.Signals): void;
  onOutput(): Evidence;
  inFile(): Promise<Evidence>;
  /** Data of the ConfigMap with the latest verdict. */
  latest(): Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export async function prepared(): Promise<Prepared> {
  const world = new World();
  const folder = await mkdtemp(join(tmpdir(), 'orderbooks-verify-'));
  const output: string[] = [];
  const progress: string[] = [];
  let listening: (name: NodeJS.Signals) => void = () => {};
  const policy = join(folder, 'policy.yaml');
  const file = join(folder, 'evidence', 'evidence.json');
  await writeFile(policy, 'observation: 30s\n');
  return {
    world,
    folder,
    output,
    progress,
    options: {
      gate: 'ws-smoke',
      project: SUBJECT.project,
      stage: SUBJECT.stage,
      namespace: SUBJECT.namespace,
      productionNamespace: SUBJECT.productionNamespace,
      imageDigest: DIGEST,
      commit: COMMIT,
      policy,
      evidence: file,
    },
    around: {
      environment: {
        ORDERBOOKS_REVISION: COMMIT,
        ORDERBOOKS_IMAGE: `i@${DIGEST}`,
        POD_NAME: 'verifier-1',
      },
      now: () => new Date(world.time),
      wait: (milliseconds, aborted) => world.wait(milliseconds, aborted),
      progress: (line) => progress.push(line),
      output: async (line) => {
        output.push(line);
      },
      platform: () => world,
      onSignal: (listener) => {
        listening = listener;
        return () => {
          listening = () => {};
        };
      },
    },
    signal: (name) => listening(name),
    onOutput: () => evidence.parse(JSON.parse(output.at(-1) ?? '')),
    inFile: async () => evidence.parse(JSON.parse(await readFile(file, 'utf8'))),
    latest: () => world.configMaps.get(LATEST)?.data ?? {},
    close: () => rm(folder, { recursive: true }),
  };
}
