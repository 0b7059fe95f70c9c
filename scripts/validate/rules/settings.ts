import { dirname } from 'node:path';
import type { Names } from '../../settings/name-places.ts';
import { entriesIn, nameIn, SETTINGS_FILE, settings } from '../../settings/settings.ts';
import type { BundleObject } from '../bundle.ts';
import type { Draft } from '../finding.ts';
import type { Check } from '../rule.ts';
import type { Location } from '../source-file.ts';
import { KARGO } from '../written-steps.ts';

/** The one place of addresses and names: each value can be used, and the manifests have the names that it gives. */
export const checkSettings: Check = function* ({ bundle, house, settings: text }) {
  if (!house || text === undefined) return;
  const read = settings.safeParse(entriesIn(text));
  if (read.success) {
    for (const object of bundle.objects) yield* otherName(object, read.data);
    return;
  }
  for (const issue of read.error.issues) {
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys : [];
    const [name = unknown[0] ?? ''] = issue.path;
    yield {
      rule: 'orderbooks/settings',
      at: lineOf(text, String(name)),
      message: `${SETTINGS_FILE}: ${name === '' ? '' : `${String(name)}: `}${issue.message}`,
      fix: 'correct it with npm run settings -- --help',
    };
  }
};

const FLAGS: Readonly<Record<keyof Names, string>> = {
  project: '--project',
  canaryNamespace: '--canary-namespace',
  productionNamespace: '--production-namespace',
};

/** Overlays whose Namespace the settings name. */
const OVERLAYS: Readonly<Record<string, keyof Names>> = {
  'gitops/overlays/canary': 'canaryNamespace',
  'gitops/overlays/full': 'productionNamespace',
};

function* otherName(object: BundleObject, names: Names): Generator<Draft> {
  const key = givenBy(object);
  if (key === undefined || object.name === names[key]) return;
  yield {
    rule: 'orderbooks/settings',
    at: object.at(['metadata', 'name']),
    message: `${object.kind} ${object.name}: ${SETTINGS_FILE} says ${key}=${names[key]}, which commands go by`,
    fix: `run npm run settings -- ${FLAGS[key]} ${names[key]}, which writes it into every manifest`,
  };
}

function givenBy({ group, kind, kustomization }: BundleObject): keyof Names | undefined {
  if (group === KARGO && kind === 'Project') return 'project';
  const isNamespace = group === '' && kind === 'Namespace' && kustomization !== null;
  return isNamespace ? OVERLAYS[dirname(kustomization)] : undefined;
}

/** Where a setting stands; the first line for one that does not. */
function lineOf(text: string, name: string): Location {
  const index = text.split('\n').findIndex((line) => nameIn(line) === name);
  return { file: SETTINGS_FILE, line: Math.max(index, 0) + 1, column: 1 };
}
