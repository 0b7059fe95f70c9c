import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../thrown.ts';
import { type ArchiveInspection, inspectArchive } from './archive-inspection.ts';

export interface Question {
  readonly dataRoot: string;
  readonly path: string;
}

export type Answer = { readonly inspection: ArchiveInspection } | { readonly error: string };

export interface InspectionsOptions {
  readonly dataRoot: string;
  /** Relative to the data root. */
  readonly paths: readonly string[];
  /** Threads beside the caller's; as many as pay off if not said. */
  readonly threads?: number;
}

/**
 * A thread begins after some tenths of a second, and slowly: with two archives of 10 MB nothing was won by one, with
 * eight a quarter of the time.
 */
const BYTES_PER_THREAD = 33_554_432;
/** Each holds an archive's longest line and its gap rows; more threads would read faster than disks do. */
const MOST_THREADS = 3;

/**
 * Inspects the archives at `paths`, several at once where there are cores for it, and answers in their order. The
 * caller's thread takes part; a thread that dies leaves its archive to it.
 */
export async function inspectArchives(options: InspectionsOptions): Promise<readonly Answer[]> {
  const { dataRoot, paths } = options;
  const answers: (Answer | undefined)[] = paths.map(() => undefined);
  let next = 0;
  const take = (): number | null => (next < paths.length ? next++ : null);
  const work = async (inspect: (question: Question) => Promise<Answer>): Promise<void> => {
    for (let at = take(); at !== null; at = take()) {
      answers[at] = await inspect({ dataRoot, path: paths[at] ?? '' });
    }
  };
  const threads = Array.from({ length: options.threads ?? (await threadsFor(options)) }, () =>
    inThread(work),
  );
  await work(here);
  await Promise.all(threads);
  const whole: Answer[] = [];
  for (const [at, path] of paths.entries()) {
    whole.push(answers[at] ?? (await here({ dataRoot, path })));
  }
  return whole;
}

async function threadsFor({ dataRoot, paths }: InspectionsOptions): Promise<number> {
  const most = Math.min(availableParallelism() - 1, paths.length - 1, MOST_THREADS);
  let bytes = 0;
  for (const path of most > 0 ? paths : []) {
    // One that is gone or unreadable is reported by its inspection.
    bytes += await stat(join(dataRoot, path)).then(
      ({ size }) => size,
      () => 0,
    );
    if (bytes >= (most + 1) * BYTES_PER_THREAD) break;
  }
  return Math.max(0, Math.min(most, Math.ceil(bytes / BYTES_PER_THREAD) - 1));
}

function here({ dataRoot, path }: Question): Promise<Answer> {
  return inspectArchive(dataRoot, path).then(
    (inspection) => ({ inspection }),
    (error: unknown) => ({ error: messageOf(error) }),
  );
}

/** Lets a thread do `work`. Resolves also when the thread dies: its archive then has no answer. */
async function inThread(
  work: (inspect: (question: Question) => Promise<Answer>) => Promise<void>,
): Promise<void> {
  const worker = new Worker(new URL('./inspection-worker.ts', import.meta.url));
  try {
    await once(worker, 'online');
    await work(async (question) => {
      worker.postMessage(question);
      const [answer] = (await once(worker, 'message')) as [Answer];
      return answer;
    });
  } catch {
    // It could not start, or ran out of memory. Nothing is lost: the caller inspects what has no answer.
  } finally {
    await worker.terminate();
  }
}
