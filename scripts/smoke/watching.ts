import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClusterError } from '../cluster/failure.ts';
import type { Kubectl } from '../cluster/kubectl.ts';
import { limited } from '../cluster/program.ts';

export interface Followed {
  readonly words: readonly string[];
  readonly timeoutMs: number;
  readonly kubectl: Kubectl;
  readonly signal: AbortSignal;
  readonly environment?: NodeJS.ProcessEnv | undefined;
  /** Standard output or standard error: where what is told goes, the child's output too. */
  readonly stream: NodeJS.WriteStream;
}

const LOOK_EVERY_MS = 20_000;
const EVENTS = 12;
/** Between asking a child to end in order and ending it, milliseconds: it removes what it made. */
const KILL_AFTER_MS = 90_000;

/**
 * Runs a command of this repository to its end; its output is passed on, and pods that are not ready and the newest events of the
 * cluster are printed all the while.
 *
 * @throws ClusterError SMOKE_FAILED for another exit code than 0, SMOKE_TOO_SLOW after the time
 */
export async function follow({ words, timeoutMs, kubectl, signal, stream, environment }: Followed) {
  signal.throwIfAborted();
  const stop = new AbortController();
  const watching = watch(kubectl, stream, stop.signal);
  try {
    const ended = await run(words, { timeoutMs, signal, stream, environment });
    signal.throwIfAborted();
    if (ended === 'late') {
      throw new ClusterError(
        'SMOKE_TOO_SLOW',
        `${title(words)}: not done after ${timeoutMs / 60_000} minutes; the pods and events above say what it waits for`,
      );
    }
    if (ended !== 0) {
      throw new ClusterError('SMOKE_FAILED', `${title(words)}: exit code ${ended}; see above`);
    }
  } finally {
    stop.abort();
    await watching;
  }
}

/**
 * Pods that are not as they should be, and the newest events, of all namespaces.
 *
 * @param printed events that were printed before and are not printed again; the new ones are added
 */
export async function printCluster(
  kubectl: Pick<Kubectl, 'answer'>,
  stream: { write(text: string): unknown },
  printed: Set<string> = new Set(),
): Promise<void> {
  const [pods, events] = await Promise.all([
    kubectl.answer(['get', 'pods', '--all-namespaces', '--no-headers']),
    kubectl.answer([
      'get',
      'events',
      '--all-namespaces',
      '--no-headers',
      '--sort-by=.lastTimestamp',
    ]),
  ]);
  const lines = (text: string) => text.split('\n').filter((line) => line.trim() !== '');
  const all = lines(pods.out);
  const late = all.filter((line) => !/\s(\d+)\/\1\s+Running\s|\sCompleted\s/.test(line));
  const seen =
    pods.code === 0 ? `${all.length} pods, not ready: ${late.length}` : pods.error.trim();
  const newest = events.code === 0 ? lines(events.out).slice(-EVENTS) : [events.error.trim()];
  const fresh = newest.filter((line) => !printed.has(withoutAge(line)));
  for (const line of fresh) printed.add(withoutAge(line));
  const text = [`── ${seen}`, ...late, '── new events', ...fresh, '──'];
  stream.write(`${text.map((line) => `    ${line}`).join('\n')}\n`);
}

/** The second column of an event grows while it stays the same event. */
function withoutAge(line: string): string {
  return line.replace(/^(\S+\s+)\S+\s+/, '$1');
}

async function watch(
  kubectl: Kubectl,
  stream: NodeJS.WriteStream,
  signal: AbortSignal,
): Promise<void> {
  const printed = new Set<string>();
  try {
    for (;;) {
      await sleep(LOOK_EVERY_MS, undefined, { signal });
      await printCluster(kubectl, stream, printed);
    }
  } catch (error) {
    if (!signal.aborted) stream.write(`    cannot look at the cluster: ${String(error)}\n`);
  }
}

async function run(
  words: readonly string[],
  { timeoutMs, signal, stream, environment }: Omit<Followed, 'words' | 'kubectl'>,
): Promise<number | 'late'> {
  const child = spawn(process.execPath, words, {
    stdio: ['ignore', stream === process.stderr ? 2 : 1, 'inherit'],
    env: environment ?? process.env,
  });
  const limit = limited(child, { timeoutMs, signal, killAfterMs: KILL_AFTER_MS });
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject).once('exit', (exit) => resolve(exit ?? 1));
    });
    return limit.reached() ? 'late' : code;
  } finally {
    limit.lift();
  }
}

function title(words: readonly string[]): string {
  return words.slice(0, 2).join(' ');
}
