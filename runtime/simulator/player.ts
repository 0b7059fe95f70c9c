import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import type { Player } from './market-socket.ts';
import { replayFrames } from './replay.ts';

export interface PlayerOptions {
  readonly files: readonly string[];
  /** `recorded` keeps the pauses between frames; `fast` sends as fast as the client takes them. */
  readonly pace: 'recorded' | 'fast';
  readonly clock: Clock;
  /** Told of a file that could be read at the start and cannot be any more. */
  readonly onError: (error: unknown) => void;
}

/**
 * Plays recorded frames to each connection from the first on, once it subscribes, whatever it subscribes to.
 * The text of every frame goes out unchanged. After the last frame the connection stays open.
 */
export function player(options: PlayerOptions): Player {
  return (connection) => {
    play(connection, options).catch(options.onError);
  };
}

async function play(connection: Connection, options: PlayerOptions): Promise<void> {
  const { clock, pace } = options;
  const start = clock.now();
  let firstAt: number | null = null;
  for (const file of options.files) {
    for await (const frame of replayFrames(file)) {
      if (pace === 'recorded' && frame.at !== null) {
        firstAt ??= frame.at;
        const pause = start + frame.at - firstAt - clock.now();
        if (pause > 0) await connection.pause(pause);
      }
      await connection.room();
      if (!connection.open) return;
      connection.send(frame.text);
    }
  }
}
