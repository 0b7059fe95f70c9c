import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Mutation } from './candidates.ts';
import { askTests } from './tests.ts';

export const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
/**
 * A change may make something wait for what never comes: in reality the gate would end by its deadline, and nothing passes.
 * All worlds take three seconds; on a machine with thirty times too much to do they were seen to take two minutes.
 */
const WORLDS_END_WITHIN_MS = 300_000;
/** A world that goes on for ever remembers ever more calls: one filled four gigabytes before its time was over. */
const WORLDS_MEMORY_MB = 512;

/** What became of a change. `for ever` is neither seen red nor a pass: nothing came to its end. */
export type Trial =
  | { readonly noticed: 'red' | 'for ever'; readonly by: string }
  | { readonly noticed: 'no' };

const UNNOTICED: Trial = { noticed: 'no' };

/** The whole and broken worlds of the gates, or test files by their paths from the root of the repository. */
export type Judge = 'worlds' | readonly string[];

/** Asks those who judge a subject, one after the other, whether a changed source breaks anything that they say. */
export async function tryMutation(
  change: Pick<Mutation, 'file' | 'source'>,
  judges: readonly Judge[],
): Promise<Trial> {
  for (const judge of judges) {
    const trial =
      judge === 'worlds' ? await askWorlds(change) : await askTests(ROOT, change, judge);
    if (trial.noticed !== 'no') return trial;
  }
  return UNNOTICED;
}

function askWorlds({ file, source }: Pick<Mutation, 'file' | 'source'>): Promise<Trial> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('judge.ts', import.meta.url), {
      workerData: { file: join(ROOT, file), source, check: checkIn(file) },
      resourceLimits: { maxOldGenerationSizeMb: WORLDS_MEMORY_MB },
    });
    let settled = false;
    const settle = (trial: Trial) => {
      if (settled) return;
      settled = true;
      clearTimeout(limit);
      worker.terminate().then(() => resolve(trial), reject);
    };
    const limit = setTimeout(
      () => settle({ noticed: 'for ever', by: 'worlds' }),
      WORLDS_END_WITHIN_MS,
    );
    worker.once('message', (broken: string | null) =>
      settle(broken === null ? UNNOTICED : { noticed: 'red', by: broken }),
    );
    // With nothing left to do and no answer, something waits for what nobody will bring.
    worker.once('exit', () => settle({ noticed: 'for ever', by: 'worlds' }));
    worker.once('error', (error) => {
      const full = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      settle(
        full
          ? { noticed: 'for ever', by: 'worlds' }
          : { noticed: 'red', by: `ends with ${String(error)}` },
      );
    });
  });
}

/** A check decides about itself alone: what is said of others need not be asked. */
function checkIn(file: string): string | null {
  return /\/checks\/([a-z-]+)\.ts$/.exec(file)?.[1] ?? null;
}
