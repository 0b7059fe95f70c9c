import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const files = execFileSync(
  'git',
  [
    '-c',
    'safe.directory=*',
    'ls-files',
    ...['argocd', 'gitops', 'kargo', 'settings'].map((folder) => `${folder}/*.yaml`),
  ],
  { cwd: ROOT, encoding: 'utf8' },
)
  .trim()
  .split('\n')
  .filter((file) => existsSync(join(ROOT, file)));
const COMMENT = /^# yaml-language-server: \$schema=(\S+)$/m;

/** No schema describes a part of an object, nor kustomize's own configuration. */
const isPart = (file: string, value: unknown) =>
  (basename(file).startsWith('patch-') && !Array.isArray(value)) ||
  basename(file) === 'namereference.yaml';

const { kinds } = JSON.parse(readFileSync(join(ROOT, 'schemas/index.json'), 'utf8')) as {
  kinds: Readonly<Record<string, { schema: string }>>;
};

describe('editors check while typing', () => {
  it.each(files)('%s', (file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    const value: unknown = parse(text);
    const schema = COMMENT.exec(text)?.[1];
    if (isPart(file, value)) {
      expect(schema).toBeUndefined();
      return;
    }
    // It counts only above everything else.
    expect(text.split('\n')[0]).toMatch(COMMENT);
    if (schema?.startsWith('https://') === true) return;
    const path = join(dirname(file), schema ?? '');
    expect(existsSync(join(ROOT, path)), path).toBe(true);
    const { apiVersion, kind } = value as { apiVersion?: string; kind?: string };
    const known = kinds[`${apiVersion}/${kind}`];
    if (known !== undefined) expect(path).toBe(`schemas/${known.schema}`);
  });

  it('with a schema of this repository for every kind it has one of', () => {
    for (const file of files) {
      const text = readFileSync(join(ROOT, file), 'utf8');
      const value = parse(text) as { apiVersion?: string; kind?: string };
      if (isPart(file, value) || kinds[`${value.apiVersion}/${value.kind}`] === undefined) continue;
      expect(COMMENT.exec(text)?.[1], file).not.toMatch(/^https:/);
    }
  });
});

describe('one object per file', () => {
  it.each(
    files.filter(
      (file) =>
        !/kustomization\.yaml$|combinations\.yaml$|config\.yaml$|policy-|patch-|namereference|market-exceptions/.test(
          file,
        ),
    ),
  )('%s is named after its kind', (file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    expect(text).not.toMatch(/^---$/m);
    const { kind } = parse(text) as { kind: string };
    expect(basename(file).startsWith(kind.toLowerCase())).toBe(true);
  });
});
