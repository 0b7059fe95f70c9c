import { join } from 'node:path';
import { type Disk, nodeDisk, replaceFile } from '../archive/disk.ts';
import { cycleManifestPath } from '../archive/layout.ts';
import { type CycleManifest, cycleManifest } from '../archive/manifest.ts';
import type { Logger } from '../observability/logger.ts';

/** At one cycle a minute more than half a day of a disk that refuses. */
const MAX_WAITING = 1_000;

/** Keeps the manifest of every cycle, those too that a disk refuses at first: they are written once it takes them. */
export class CycleJournal {
  readonly #dataRoot: string;
  readonly #logger: Logger;
  readonly #disk: Disk;
  /** By path, oldest first. */
  readonly #waiting = new Map<string, CycleManifest>();

  constructor(dataRoot: string, logger: Logger, disk: Disk = nodeDisk) {
    this.#dataRoot = dataRoot;
    this.#logger = logger;
    this.#disk = disk;
  }

  /** Manifests that are not on the disk. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Writes the manifest in the place of an earlier state of the same cycle. Never throws for what the disk does. */
  async keep(manifest: CycleManifest): Promise<void> {
    const path = cycleManifestPath(new Date(manifest.started_at), manifest.run_id, manifest.cycle);
    this.#waiting.delete(path);
    this.#waiting.set(path, manifest);
    for (const [oldest] of this.#waiting) {
      if (this.#waiting.size <= MAX_WAITING) break;
      this.#waiting.delete(oldest);
      this.#logger.error({ path: oldest }, 'a cycle manifest is lost: too many wait for the disk');
    }
    try {
      for (const [next, value] of this.#waiting) {
        const text = `${JSON.stringify(cycleManifest.parse(value), null, 2)}\n`;
        await replaceFile(this.#disk, join(this.#dataRoot, next), text);
        this.#waiting.delete(next);
      }
    } catch (error) {
      this.#logger.error(
        { err: error, waiting: this.#waiting.size },
        'cycle manifests could not be written; they are tried again with the next one',
      );
    }
  }
}
