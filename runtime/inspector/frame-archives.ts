import { parseArchiveName } from '../archive/layout.ts';
import { ConfigurationError } from '../config/error.ts';
import { selectArchives } from './selection.ts';

export interface FrameArchives {
  readonly dataRoot: string;
  /** Only archives opened or closed at or after this instant. */
  readonly since?: Date;
  /** Only these, relative to the data root (and those that `since` adds). */
  readonly paths?: readonly string[];
}

/**
 * Closed archives of websocket frames, oldest first. Throws `ConfigurationError` when a path that was asked for cannot
 * be read, or there is none: what is then missing would be missed by nobody.
 */
export async function frameArchives(options: FrameArchives): Promise<readonly string[]> {
  const { dataRoot, since, paths = [] } = options;
  const selection = await selectArchives({
    dataRoot,
    paths,
    ...(since === undefined ? {} : { since: since.getTime() }),
  });
  const refused = selection.problems.filter((text) => paths.some((path) => text.startsWith(path)));
  const archives = selection.archives.filter((path) => parseArchiveName(path)?.stream === 'ws_raw');
  if (refused.length === 0 && archives.length > 0) return archives;
  const why = refused.length > 0 ? refused.join('; ') : 'there is none';
  throw new ConfigurationError(
    'USAGE',
    `--data, --since, --path: expected closed archives of websocket frames (ws_raw) below ${dataRoot}: ${why}`,
  );
}
