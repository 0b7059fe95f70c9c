import { readFileSync } from 'node:fs';
import { sharedPath } from '../../../shared-path.ts';

/** A plain JSON object of a recording. */
export type Raw = Readonly<Record<string, unknown>>;

export const RECORDINGS = 'oracles/promotions.jsonl';

/** One recorded case (oracles/promotions.md says what the fields mean). */
export interface Recording {
  readonly name: string;
  readonly topic: string;
  readonly raw: Raw;
}

/** Every recorded case. */
export function recordings(): readonly Recording[] {
  return readFileSync(sharedPath(RECORDINGS), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => record(JSON.parse(line)))
    .map((raw) => ({ name: text(raw['case']), topic: text(raw['topic']), raw }));
}

export function record(value: unknown): Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

export function list(value: unknown): readonly Raw[] {
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]).map(record);
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
