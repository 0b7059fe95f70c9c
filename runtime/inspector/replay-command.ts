import { join } from 'node:path';
import { ConfigurationError } from '../config/error.ts';
import { simulateCommand } from '../simulator/command.ts';
import { inspectArchive } from './archive-inspection.ts';
import { type FrameArchives, frameArchives } from './frame-archives.ts';

export interface ReplayOptions extends FrameArchives {
  /** `recorded` keeps the pauses between frames, `fast` leaves them out. */
  readonly pace: string;
}

const PACES = ['recorded', 'fast'];

/**
 * `orderbooks inspect --replay`: serves the frames of archives on the simulator's websocket, oldest first and byte for
 * byte, to each connection that subscribes, until SIGTERM. Every archive is verified before: exit code 1, and nothing
 * is served, when one of them is not what its writer closed.
 */
export async function replayCommand(
  options: ReplayOptions,
  tell: (text: string) => void = (text) => process.stderr.write(text),
): Promise<number> {
  const { dataRoot, pace } = options;
  if (!PACES.includes(pace)) {
    throw new ConfigurationError(
      'USAGE',
      `--replay: expected the pace ${PACES.join(' or ')}, got ${JSON.stringify(pace)}`,
    );
  }
  const archives = await frameArchives(options);
  let [frames, wrong] = [0, 0];
  for (const path of archives) {
    const { report } = await inspectArchive(dataRoot, path);
    frames += report.frames;
    wrong += report.errors.length;
    for (const error of report.errors) tell(`WRONG  ${path}: ${error}\n`);
  }
  if (wrong > 0 || frames === 0) {
    tell(
      wrong > 0
        ? 'nothing is served: the archives are not what was closed. Name the good ones with --path\n'
        : `nothing is served: ${archives.length} archives hold no frame\n`,
    );
    return 1;
  }
  tell(`${frames} frames of ${archives.length} archives are served at the pace ${pace}\n`);
  const files = archives.flatMap((path) => ['--replay', join(dataRoot, path)]);
  await simulateCommand().parseAsync([...files, '--replay-pace', pace], { from: 'user' });
  return Number(process.exitCode ?? 0);
}
