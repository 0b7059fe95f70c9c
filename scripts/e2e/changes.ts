import { readFile, stat, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { isMap, isSeq, parseDocument } from 'yaml';
import { E2eError } from './error.ts';

/**
 * One thing that differs on this cluster. Changes are part of the commit that is pushed, so that Argo CD, Kargo and
 * people see the same manifests; nothing is patched behind their backs.
 */
export type Change =
  | { readonly kind: 'setting'; readonly key: string; readonly value: string; readonly why: string }
  | {
      readonly kind: 'value';
      readonly file: string;
      /** Keys from the root of the first document, such as `feed.gammaUrl`. */
      readonly path: string;
      readonly value: string | number | boolean;
      readonly why: string;
    }
  | {
      readonly kind: 'component';
      /** Folders relative to the root of the bundle. */
      readonly kustomization: string;
      readonly component: string;
      readonly why: string;
    };

const SETTINGS = 'settings/settings.env';

/** Makes the changes in a checkout. @throws E2eError CHANGE_IMPOSSIBLE */
export async function applyChanges(folder: string, changes: readonly Change[]): Promise<void> {
  for (const change of changes) {
    switch (change.kind) {
      case 'setting':
        await edit(folder, SETTINGS, (text) => withSetting(text, change.key, change.value));
        break;
      case 'value':
        await edit(folder, change.file, (text) => withValue(text, change));
        break;
      case 'component':
        await addComponent(folder, change);
        break;
    }
  }
}

/** One line for people. */
export function describeChange(change: Change): string {
  switch (change.kind) {
    case 'setting':
      return `${SETTINGS}: ${change.key}=${change.value} (${change.why})`;
    case 'value':
      return `${change.file}: ${change.path}: ${JSON.stringify(change.value)} (${change.why})`;
    case 'component':
      return `${change.kustomization}: component ${change.component} (${change.why})`;
  }
}

/** `FILE:PATH=VALUE` of the option --set; the value is YAML. */
export function parseSet(text: string): Change {
  const [, file, path, value] = /^([^:]+):([^=]+)=(.*)$/s.exec(text) ?? [];
  if (file === undefined || path === undefined || value === undefined) {
    throw new E2eError(
      'USAGE',
      `--set: expected FILE:PATH=VALUE such as gitops/overlays/canary/config.yaml:archive.rotateAfter=10s, got ${JSON.stringify(text)}`,
    );
  }
  const parsed: unknown = parseDocument(value).toJS();
  const scalar =
    typeof parsed === 'string' || typeof parsed === 'number' || typeof parsed === 'boolean';
  return { kind: 'value', file, path, value: scalar ? parsed : value, why: 'asked for with --set' };
}

async function edit(folder: string, file: string, change: (text: string) => string): Promise<void> {
  const path = join(folder, file);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new E2eError('CHANGE_IMPOSSIBLE', `expected a file ${file} in the checkout`, { cause });
  }
  await writeFile(path, change(text));
}

function withSetting(text: string, key: string, value: string): string {
  const line = new RegExp(`^${key}=.*$`, 'm');
  if (!line.test(text)) {
    throw new E2eError('CHANGE_IMPOSSIBLE', `expected a line ${key}=… in ${SETTINGS}`);
  }
  return text.replace(line, () => `${key}=${value}`);
}

function withValue(text: string, { file, path, value }: Change & { kind: 'value' }): string {
  const document = parseDocument(text);
  if (document.errors[0] !== undefined || (document.contents !== null && !isMap(document.contents)))
    throw new E2eError('CHANGE_IMPOSSIBLE', `expected ${file} to be one YAML mapping`);
  document.setIn(path.split('.'), value);
  return document.toString();
}

async function addComponent(
  folder: string,
  { kustomization, component }: Change & { kind: 'component' },
): Promise<void> {
  await stat(join(folder, component)).catch((cause: unknown) => {
    throw new E2eError('CHANGE_IMPOSSIBLE', `expected a component ${component} in the checkout`, {
      cause,
    });
  });
  const path = posix.relative(kustomization, component);
  await edit(folder, `${kustomization}/kustomization.yaml`, (text) => {
    const document = parseDocument(text);
    const listed = document.get('components');
    if (!isSeq(listed)) document.set('components', [path]);
    else if (!listed.toJSON().includes(path)) listed.add(path);
    return document.toString();
  });
}
