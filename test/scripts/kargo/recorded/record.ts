import { readFileSync } from 'node:fs';
import { sharedPath } from '../../../shared.ts';

/** A plain JSON object of a recording. */
export type Raw = Readonly<Record<string, unknown>>;

export const RECORDINGS = 'oracles/promotions.jsonl';

/** One recorded case (oracles/promotions.md says what the fields mean). */
export interface Recording {
  readonly name: string;
  readonly topic: string;
  readonly raw: Raw;
}

/** The steps that this project's engine carries out. */
export const OWN_STEPS: ReadonlySet<string> = new Set([
  'git-clone',
  'git-clear',
  'kustomize-set-image',
  'kustomize-build',
  'git-commit',
  'git-push',
  'argocd-update',
  'compose-output',
  'fail',
  'set-metadata',
]);

/** The recorded cases all of whose steps this project's engine carries out. */
export function ownRecordings(): readonly Recording[] {
  return readFileSync(sharedPath(RECORDINGS), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => record(JSON.parse(line)))
    .filter((raw) => usedSteps(raw).every((kind) => OWN_STEPS.has(kind)))
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

/** Kinds of steps named in any list called `steps`, tasks included. */
function usedSteps(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(usedSteps);
  return Object.entries(record(value)).flatMap(([key, entry]) => {
    const own =
      key === 'steps' && Array.isArray(entry)
        ? entry.map((step) => record(step)['uses']).filter((uses) => typeof uses === 'string')
        : [];
    return [...own, ...usedSteps(entry)];
  });
}
