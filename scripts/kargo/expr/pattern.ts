import { Fault } from './error.ts';

/** A compiled regular expression of Go's syntax (RE2). */
export interface Pattern {
  /** Whether the pattern matches anywhere in a text. */
  test(text: string | Uint8Array): boolean;
}

export function compilePattern(source: string): Pattern {
  let regexp: RegExp;
  try {
    regexp = new RegExp(source, 'u');
  } catch {
    throw new Fault(`error parsing regexp: ${source}`);
  }
  return {
    test: (text) => regexp.test(typeof text === 'string' ? text : Buffer.from(text).toString()),
  };
}
