import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { kustomizationIn, referencesOf } from './references.ts';

/** Where the fault of an overlay lies. */
export interface FaultPlace {
  readonly file: string;
  /** From 1; missing where only the file is known. */
  readonly line?: number;
}

/**
 * The file, and the line where there is one, that kustomize's refusal is about; null if nothing in the text tells.
 * `folder` is the overlay that was rendered, absolute.
 */
export function placeOfFault(refusal: string, folder: string): FaultPlace | null {
  const inner = innermostFolder(refusal, folder);
  const line = /\byaml: line (\d+):/.exec(refusal)?.[1];
  const malformed = /in File: (\S+)/.exec(refusal)?.[1];
  if (malformed !== undefined) return withLine(resolve(inner, malformed), line);
  const kustomization = kustomizationIn(inner);
  if (/invalid Kustomization:|Failed to read kustomization file/.test(refusal)) {
    if (kustomization === null) return null;
    const unknown = /unknown field "([^"]+)"/.exec(refusal)?.[1];
    return unknown === undefined
      ? withLine(kustomization, line)
      : lineOf(kustomization, new RegExp(`^\\s*(- )?["']?${literally(unknown)}["']?\\s*:`, 'm'));
  }
  const missing = /(?:lstat|open) (\/.+?): no such file/.exec(refusal)?.[1];
  const reference = referencesOf(folder).find(({ path }) => path === missing);
  if (reference !== undefined) return { file: reference.file, line: reference.line };
  const named = [...refusal.matchAll(/resources from '([^']+)'/g)].at(-1)?.[1];
  const file = named === undefined ? null : resolve(inner, named);
  if (file !== null && existsSync(file)) return { file };
  return kustomization === null ? null : { file: kustomization };
}

/** kustomize tells the way it went: the last folder is the one with the fault. */
function innermostFolder(refusal: string, folder: string): string {
  const steps = [
    ...refusal.matchAll(/(?:recursed accumulation of|couldn't make target for) path '([^']+)'/g),
  ];
  return steps.at(-1)?.[1] ?? /under (\/\S+?):?\s/.exec(refusal)?.[1] ?? folder;
}

function withLine(file: string, line: string | undefined): FaultPlace {
  return line === undefined ? { file } : { file, line: Number(line) };
}

function lineOf(file: string, pattern: RegExp): FaultPlace {
  const text = readFileSync(file, 'utf8');
  const index = text.search(pattern);
  if (index < 0) return { file };
  const before = text.slice(0, index + (/^\s*/.exec(text.slice(index))?.[0].length ?? 0));
  return { file, line: before.split('\n').length };
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
