import { lstat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Condition } from '../observability/server.ts';
import { messageOf } from '../thrown.ts';
import { isSystemError } from './error.ts';
import type { Stream } from './row.ts';
import { walk } from './walk.ts';

/** How much room there is, from best to worst. */
export const DISK_LEVELS = ['roomy', 'low', 'critical', 'exhausted'] as const;
export type DiskLevel = (typeof DISK_LEVELS)[number];

/** Bytes; each limit at most the one before it. */
export interface DiskLimits {
  /** With less room than this it is said that room is low. */
  readonly warnBelow: number;
  /** With less room than this answers of REST are not archived. */
  readonly shedRestBelow: number;
  /** With less room than this frames are not archived either: what is left is for the uploader's records. */
  readonly shedFramesBelow: number;
}

/** Room must grow this far above a limit before the level is better, so that it does not change with every file. */
const RECOVERED = 1.1;

/**
 * Watches how much room there is for archives and says what is shed: answers of REST before frames. Nothing is ever
 * deleted to make room; that is for the uploader, after it verified the copies. The level is better again by itself
 * once there is room.
 */
export class DiskBudget {
  readonly #limits: DiskLimits;
  readonly #measure: () => Promise<number>;
  readonly #onChange: (level: DiskLevel, roomBytes: number) => void;
  #level: DiskLevel = 'roomy';
  #roomBytes: number | null = null;
  #failure: string | null = null;

  /** @param measure bytes that may still be written */
  constructor(
    limits: DiskLimits,
    measure: () => Promise<number>,
    onChange: (level: DiskLevel, roomBytes: number) => void = () => undefined,
  ) {
    this.#limits = limits;
    this.#measure = measure;
    this.#onChange = onChange;
  }

  get level(): DiskLevel {
    return this.#level;
  }

  /** Bytes that could be written at the last look, or null while none succeeded. */
  get roomBytes(): number | null {
    return this.#roomBytes;
  }

  /** Measures once. A measurement that fails changes nothing but is said in `condition`. Never rejects. */
  async look(): Promise<void> {
    try {
      this.#roomBytes = await this.#measure();
      this.#failure = null;
    } catch (error) {
      this.#failure = messageOf(error);
      return;
    }
    const next = this.#next(this.#roomBytes);
    if (next === this.#level) return;
    this.#level = next;
    this.#onChange(next, this.#roomBytes);
  }

  /** Why rows of `stream` are not archived at the moment, or null. */
  sheds(stream: Stream): string | null {
    const worst = stream === 'ws_raw' ? 'exhausted' : 'critical';
    if (rank(this.#level) < rank(worst)) return null;
    return `rows of ${stream} are shed: ${this.#said()}`;
  }

  /** For readiness: false while anything is shed. */
  condition(): Condition {
    const failure = this.#failure === null ? '' : `; it could not be measured: ${this.#failure}`;
    return {
      name: 'disk has room',
      ok: rank(this.#level) < rank('critical'),
      detail: `${this.#level}: ${this.#said()}${failure}`,
    };
  }

  #next(room: number): DiskLevel {
    const now = this.#levelOf(room);
    if (rank(now) >= rank(this.#level)) return now;
    const surely = this.#levelOf(room / RECOVERED);
    return rank(surely) < rank(this.#level) ? surely : this.#level;
  }

  #levelOf(room: number): DiskLevel {
    if (room < this.#limits.shedFramesBelow) return 'exhausted';
    if (room < this.#limits.shedRestBelow) return 'critical';
    return room < this.#limits.warnBelow ? 'low' : 'roomy';
  }

  #said(): string {
    const { warnBelow, shedRestBelow, shedFramesBelow } = this.#limits;
    const room = this.#roomBytes === null ? 'not measured yet' : `${this.#roomBytes} bytes of room`;
    return `${room} (warns below ${warnBelow}, sheds REST below ${shedRestBelow}, frames below ${shedFramesBelow})`;
  }
}

/** 0 for `roomy` to 3 for `exhausted`. */
export function rank(level: DiskLevel): number {
  return DISK_LEVELS.indexOf(level);
}

/**
 * Bytes that may be written below `dataRoot`: what the file system has for us and, with a maximum, what is left of it
 * after everything that lies below the data root.
 */
export async function measureRoom(dataRoot: string, maximumBytes?: number): Promise<number> {
  const { bavail, bsize } = await statfs(dataRoot);
  const free = bavail * bsize;
  if (maximumBytes === undefined) return free;
  return Math.min(free, Math.max(0, maximumBytes - (await usedBytes(dataRoot))));
}

async function usedBytes(dataRoot: string): Promise<number> {
  let used = 0;
  for await (const { path } of walk(dataRoot, '.')) {
    try {
      used += (await lstat(join(dataRoot, path))).size;
    } catch (error) {
      // Renamed or deleted since the walk saw it.
      if (!isSystemError(error, 'ENOENT')) throw error;
    }
  }
  return used;
}
