import { setTimeout as wait } from 'node:timers/promises';
import type { Counter } from 'prom-client';
import type { Logger } from '../observability/logger.ts';
import type { Stream } from './row.ts';
import { type SalvageAction, salvageArchives } from './salvage.ts';

type Metrics = { readonly archivesSalvaged: Counter };

/** How soon to look again for files that could not be salvaged yet: their writer lived, or the disk refused. */
const AGAIN_AFTER_MS = 60_000;

/**
 * Turns what earlier processes left open into archives, beside the recording: frames of now must not wait for those of
 * yesterday. Ends when nothing is left to do or `signal` aborts; it may be cut off anywhere and starts over next time.
 */
export async function runSalvage(options: {
  readonly dataRoot: string;
  /** What this process writes: the leftovers of others are theirs, and their open files are no reason to look again. */
  readonly streams: readonly Stream[];
  /** Of this process: its own open files are nobody's leftovers. */
  readonly runId: string;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { dataRoot, streams, runId, metrics, logger, signal } = options;
  let again = true;
  while (again && !signal.aborted) {
    try {
      const actions = await salvageArchives({
        dataRoot,
        streams,
        onAction: (action) => {
          if (!action.path.includes(runId)) note(action, metrics, logger);
        },
      });
      again = actions.some(
        ({ kind, path }) => kind === 'failed' || (kind === 'living' && !path.includes(runId)),
      );
    } catch (error) {
      logger.error({ err: error }, 'leftovers of earlier runs could not be looked at');
    }
    // An abort is how the pause is meant to be cut short; the loop's condition sees it.
    if (again) await wait(AGAIN_AFTER_MS, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

function note(action: SalvageAction, metrics: Metrics, logger: Logger): void {
  const { kind, path } = action;
  switch (kind) {
    case 'salvaged':
    case 'finished':
      metrics.archivesSalvaged.inc();
      logger.warn(
        { path, rows: action.manifest.rows, sha256: action.manifest.sha256, kind },
        'archive of an earlier process salvaged',
      );
      return;
    case 'marked':
      logger.warn({ path }, 'an earlier process died without leaving a row; a crash gap says so');
      return;
    case 'failed':
      logger.error({ path, err: action.error }, 'archive of an earlier process not salvaged yet');
      return;
    case 'living':
      logger.info({ path }, 'open archive of another living process left alone');
      return;
    default:
      logger.error({ action }, 'open file of an earlier process holds nothing that can be read');
  }
}
