import { writeSync } from 'node:fs';
import type { Logger } from '../observability/logger.ts';

/** A long-running part of the program. */
export interface Running {
  /** Rejects when the work cannot go on; never resolves before `stop`. */
  readonly failure: Promise<unknown>;
  /** Resolves, to the exit code, when there is nothing left to do; absent for what goes on until it is stopped. */
  readonly done?: Promise<number>;
  /** Ends in order. Rejects when something could not be kept. */
  stop(state: 'stopped' | 'failed', why: string): Promise<void>;
}

/** After a failure nobody waits for us, but what can be closed should be. Shorter than any grace period. */
const STOP_AFTER_FAILURE_MS = 25_000;

/**
 * Starts something and keeps it until SIGTERM, SIGINT or a failure, then stops it. Resolves to the exit code: 0 when it
 * ended in order, 1 otherwise. A second signal ends the process at once.
 */
export async function runUntilStopped(
  logger: Logger,
  start: () => Promise<Running>,
): Promise<number> {
  const reasons = watchForReasons();
  const running = await start().catch((error: unknown) => {
    reasons.release();
    throw error;
  });
  running.failure.catch((error: unknown) => reasons.fail('a part of this process failed', error));
  running.done?.then(reasons.done, () => undefined);
  const reason = await reasons.first;
  if (reason.kind === 'signal') logger.info({ signal: reason.text }, 'stopping');
  else if (reason.kind === 'failure') logger.fatal({ err: reason.error }, reason.text);
  const state = reason.kind === 'failure' ? 'failed' : 'stopped';
  try {
    const limit = setTimeout(
      () => endNow('stopping took too long after a failure'),
      STOP_AFTER_FAILURE_MS,
    );
    if (reason.kind !== 'failure') clearTimeout(limit);
    await running.stop(state, reason.text);
    clearTimeout(limit);
  } catch (error) {
    logger.fatal({ err: error }, 'could not end in order');
    return 1;
  } finally {
    reasons.release();
  }
  logger.info('stopped');
  if (reason.kind === 'failure') return 1;
  return running.done === undefined ? 0 : await running.done;
}

type Reason =
  | { readonly kind: 'signal'; readonly text: string }
  | { readonly kind: 'done'; readonly text: string }
  | { readonly kind: 'failure'; readonly text: string; readonly error: unknown };

function watchForReasons() {
  let settle: (reason: Reason) => void = () => undefined;
  let stopping = false;
  const first = new Promise<Reason>((resolve) => {
    settle = resolve;
  });
  const fail = (text: string, error: unknown) => {
    stopping = true;
    settle({ kind: 'failure', text, error });
  };
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping) endNow(`second signal (${signal}): ends at once; open archives will be salvaged`);
    stopping = true;
    settle({ kind: 'signal', text: signal });
  };
  const onException = (error: unknown) => fail('uncaught exception', error);
  const onRejection = (error: unknown) => fail('unhandled rejection', error);
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('uncaughtException', onException);
  process.on('unhandledRejection', onRejection);
  return {
    first,
    fail,
    done: () => settle({ kind: 'done', text: 'all is done' }),
    release() {
      process.off('SIGTERM', onSignal);
      process.off('SIGINT', onSignal);
      process.off('uncaughtException', onException);
      process.off('unhandledRejection', onRejection);
    },
  };
}

function endNow(why: string): never {
  // Straight to the descriptor: the process does not live to see a stream flushed.
  writeSync(2, `orderbooks: ${why}\n`);
  process.exit(1);
}
