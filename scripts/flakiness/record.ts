import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OrderbooksError } from '../../runtime/errors.ts';
import { type Trial, trial } from './trial.ts';

/** What was tried so far, a JSON line each: written after every rehearsal, so that a series can be gone on with. */
export class TrialRecord {
  readonly #file: string;
  readonly trials: readonly Trial[];

  private constructor(file: string, trials: readonly Trial[]) {
    this.#file = file;
    this.trials = trials;
  }

  /**
   * Opens the record of `folder`, an empty one with `fresh`. Throws `FLAKINESS_OTHER_COMMIT` where it is about another
   * commit than `head`: two versions make no series.
   */
  static async open(folder: string, head: string, fresh: boolean): Promise<TrialRecord> {
    await mkdir(folder, { recursive: true });
    const file = join(folder, 'trials.jsonl');
    if (fresh) await rm(file, { force: true });
    const trials = await read(file);
    const other = trials.find((one) => one.head !== head);
    if (other !== undefined) {
      throw new OrderbooksError(
        'FLAKINESS_OTHER_COMMIT',
        `${file}: expected rehearsals of commit ${head}, found ${trials.length} of ${other.head}; start over with --fresh, or name another folder with --output`,
      );
    }
    return new TrialRecord(file, trials);
  }

  async add(one: Trial): Promise<TrialRecord> {
    await appendFile(this.#file, `${JSON.stringify(one)}\n`);
    return new TrialRecord(this.#file, [...this.trials, one]);
  }

  has({ subject, number }: { readonly subject: string; readonly number: number }): boolean {
    return this.trials.some((one) => one.subject === subject && one.number === number);
  }
}

async function read(file: string): Promise<readonly Trial[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  return text
    .split('\n')
    .filter(Boolean)
    .map((line, index) => {
      const found = trial.safeParse(jsonOf(line));
      if (found.success) return found.data;
      throw new OrderbooksError(
        'FLAKINESS_RECORD_INVALID',
        `${file}:${index + 1}: expected one rehearsal as JSON: ${found.error.issues[0]?.message ?? 'unknown'}; remove the line, or start over with --fresh`,
      );
    });
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // Cut off when the machine went down: said by who reads it, with file and line.
    return undefined;
  }
}
