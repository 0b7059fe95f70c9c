import { type Dirent, existsSync } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../runtime/thrown.ts';
import { KUSTOMIZATION_NAMES } from '../kustomize/kustomization.ts';
import { SETTINGS_FILE } from '../settings/settings.ts';
import { ValidationError } from './error.ts';
import { fields, text } from './fields.ts';
import type { Draft } from './finding.ts';
import type { NotChecked } from './report.ts';
import { parseSource, type SourceFile } from './source-file.ts';
import { isLookedInto, whyNotChecked } from './whole-tree.ts';

/** Folders of a bundle that hold manifests. */
export const FOLDERS = ['argocd', 'gitops', 'kargo', 'settings'] as const;

/** The folder itself: kustomize names what it reads without links. Throws VALIDATE_UNREADABLE. */
export function realFolder(root: string): Promise<string> {
  return reading(root, () => realpath(root));
}

export interface Sources {
  /** By path relative to the root, sorted. */
  readonly files: ReadonlyMap<string, SourceFile>;
  readonly notChecked: readonly NotChecked[];
  /** Whether this is a bundle like this repository's, which must keep the rules of the house too. */
  readonly house: boolean;
  /** The text of settings/settings.env, where there is one. */
  readonly settings?: string;
}

/**
 * Reads every YAML file of the bundle in `root` (absolute): of one like this repository's, those in FOLDERS; of any other,
 * all that there are, and says which of them are no manifests. Throws VALIDATE_UNREADABLE where a folder or file cannot be
 * read; what is wrong inside a file is a finding of that file.
 */
export async function readSources(root: string): Promise<Sources> {
  const notChecked: NotChecked[] = [];
  const paths: string[] = [];
  const house = existsSync(join(root, SETTINGS_FILE));
  // Of our own form, what else there is (tests with broken manifests, say) is no part of the bundle.
  const folders = house ? await directoriesIn(root) : [''];
  for (const folder of folders) paths.push(...(await filesBelow(root, folder, notChecked)));
  const files = await Promise.all(
    paths.toSorted().map(async (path) => [path, await readSource(root, path)] as const),
  );
  if (house) {
    // What has the one place of what recurs is a bundle of ours.
    const settings = await reading(SETTINGS_FILE, () =>
      readFile(join(root, SETTINGS_FILE), 'utf8'),
    );
    return { files: new Map(files), notChecked, house, settings };
  }
  const looked = files.map(([file, source]) => {
    const why = whyNotChecked(root, source);
    if (why === null) return [file, source] as const;
    notChecked.push({ what: file, why });
    // Still there for the kustomization that names it, as a patch or as data.
    const isObject = source.documents.some(({ value }) => text(fields(value)['kind']) !== '');
    const documents = isObject || !source.whole ? [] : source.documents;
    return [file, { ...source, documents, findings: [], whole: true }] as const;
  });
  return { files: new Map(looked), notChecked, house };
}

/** Installations in one file have 3 MB (Argo Rollouts'); beyond that a parser should not be kept busy for minutes. */
export const MAX_FILE_BYTES = 4 * 1024 * 1024;

async function readSource(root: string, path: string): Promise<SourceFile> {
  const { size } = await reading(path, () => stat(join(root, path)));
  if (size > MAX_FILE_BYTES) {
    return unreadable(
      path,
      `cannot be read: the file has ${size} bytes, a manifest at most ${MAX_FILE_BYTES}`,
    );
  }
  const content = decode(await reading(path, () => readFile(join(root, path))));
  if (content === null) return unreadable(path, 'not YAML: the file is not UTF-8 text');
  return parseSource(path, content);
}

function decode(bytes: Buffer): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.includes('\0') ? null : text;
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

function unreadable(file: string, message: string): SourceFile {
  const finding: Draft = {
    rule: 'yaml/syntax',
    at: { file, line: 1, column: 1 },
    message,
    fix: 'move the file elsewhere if it is no manifest',
  };
  return { file, text: '', documents: [], documentCount: 0, findings: [finding], whole: false };
}

async function directoriesIn(root: string): Promise<readonly string[]> {
  const present = new Set((await list(root, root)).map(({ name }) => name));
  const found: string[] = [];
  for (const name of FOLDERS) {
    if (!present.has(name)) continue;
    // A link to a folder is followed here, though not below: there it could lead in a circle.
    if ((await reading(name, () => stat(join(root, name)))).isDirectory()) found.push(name);
  }
  return found;
}

async function filesBelow(
  root: string,
  folder: string,
  notChecked: NotChecked[],
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of await list(join(root, folder), folder)) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (isLookedInto(entry.name)) found.push(...(await filesBelow(root, path, notChecked)));
    } else if (!isManifestName(entry.name)) {
      if (entry.name.endsWith('.json')) {
        notChecked.push({ what: path, why: 'it is JSON, and only YAML is read' });
      }
    } else if (entry.isFile()) found.push(path);
    else if ((await reading(path, () => stat(join(root, path)))).isFile()) found.push(path);
    else notChecked.push({ what: path, why: 'it is neither a file nor a link to one' });
  }
  return found;
}

function isManifestName(name: string): boolean {
  return /\.ya?ml$/.test(name) || (KUSTOMIZATION_NAMES as readonly string[]).includes(name);
}

function list(path: string, shown: string): Promise<readonly Dirent[]> {
  return reading(shown, async () => {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.toSorted((left, right) => (left.name < right.name ? -1 : 1));
  });
}

async function reading<T>(shown: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    const reason = messageOf(cause);
    throw new ValidationError(
      'VALIDATE_UNREADABLE',
      `expected to read ${shown} and could not: ${reason}; check that it exists and may be read`,
      { cause },
    );
  }
}
