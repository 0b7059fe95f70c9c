import { readFile, stat } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { ConfigurationError } from '../config/error.ts';
import type { Evidence } from '../gates/evidence.ts';
import { readEvidence } from './read.ts';

/** Evidence stays below a quarter of a megabyte and a log around it below some; more is the wrong file. */
const MAX_BYTES = 16_777_216;

/** Where evidence is read from, besides files. */
export interface EvidenceInput {
  standardInput(): Promise<string>;
}

export const processInput: EvidenceInput = { standardInput: () => text(process.stdin) };

/**
 * The verified evidence in `file`, `-` being standard input. Throws a `ConfigurationError` for a file that cannot be
 * opened, and an `EvidenceError` for one that must not be believed.
 */
export async function evidenceFrom(
  file: string,
  input: EvidenceInput = processInput,
): Promise<Evidence> {
  if (file === '-') return readEvidence(await input.standardInput(), 'standard input');
  try {
    const { size } = await stat(file);
    if (size > MAX_BYTES) {
      throw new ConfigurationError(
        'USAGE',
        `${file}: expected evidence of at most ${MAX_BYTES} bytes, got ${size}; is it the right file?`,
      );
    }
    return readEvidence(await readFile(file, 'utf8'), file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && 'syscall' in error)) throw error;
    throw new ConfigurationError(
      'USAGE',
      `expected a readable file with evidence, or - for standard input: ${error.message}`,
      { cause: error },
    );
  }
}
