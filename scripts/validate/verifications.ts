import type { Bundle, BundleObject } from './bundle.ts';
import { fields, items, text, valueAt } from './fields.ts';
import { knownText } from './known-text.ts';
import { objectsOf, together } from './lookup.ts';
import { containersOf, podTemplatesOf } from './pods.ts';
import type { Path } from './source-file.ts';

/** A run of this repository's gates in a Job of an AnalysisTemplate, as the verification of one Stage starts it. */
export interface Verification {
  readonly stage: BundleObject;
  readonly template: BundleObject;
  /** Of the pod's spec in the template. */
  readonly pod: Path;
  readonly serviceAccount: string;
  /** Options of `orderbooks verify` by name; without those whose values only a promotion knows. */
  readonly options: ReadonlyMap<string, string>;
  /** The policy's text, if it stands in a ConfigMap of the bundle. */
  readonly policy: string | null;
}

/** Every run of gates that the verifications of the bundle's Stages start. */
export function* verificationsIn(bundle: Bundle): Generator<Verification> {
  for (const stage of objectsOf(bundle, 'kargo.akuity.io', 'Stage')) {
    const named = items(valueAt(stage.value, ['spec', 'verification', 'analysisTemplates'])).map(
      (one) => text(fields(one)['name']),
    );
    for (const pod of podTemplatesOf(bundle)) {
      const { object, path, spec } = pod;
      if (object.kind !== 'AnalysisTemplate' || !named.includes(object.name)) continue;
      if (!together(object, stage)) continue;
      for (const { value } of containersOf(pod)) {
        const [command, ...words] = items(value['args']).map(text);
        if (command !== 'verify') continue;
        const given = argumentsOf(stage, object);
        const options = optionsIn(words.map((word) => filled(word, given)));
        yield {
          stage,
          template: object,
          pod: [...path, 'spec'],
          serviceAccount: text(spec['serviceAccountName']),
          options,
          policy: fileOf(bundle, object, spec, value, options.get('policy') ?? ''),
        };
      }
    }
  }
}

/** What the Stage passes, and beneath it what the template has for it. */
function argumentsOf(stage: BundleObject, template: BundleObject): ReadonlyMap<string, string> {
  const path: Path = ['spec', 'verification', 'args'];
  const scope = { project: stage.namespace, stage: stage.name, variables: [] };
  const given = items(valueAt(stage.value, path)).map((one) => text(fields(one)['name']));
  const usual = items(valueAt(template.value, ['spec', 'args'])).flatMap((one) => {
    const { name, value } = fields(one);
    const stands = typeof value === 'string' && !given.includes(text(name));
    return stands ? [[text(name), value] as const] : [];
  });
  const known = given.flatMap((name, index) => {
    const value = knownText(stage, [...path, index, 'value'], scope)?.value;
    return value === undefined ? [] : [[name, value] as const];
  });
  return new Map([...usual, ...known]);
}

function filled(word: string, given: ReadonlyMap<string, string>): string {
  return word.replace(/\{\{\s*args\.([\w-]+)\s*\}\}/g, (whole, name) => given.get(name) ?? whole);
}

function optionsIn(words: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    words.flatMap((word) => {
      const [, name, value] = /^--([a-z-]+)=(.*)$/.exec(word) ?? [];
      const isKnown = name !== undefined && value !== undefined && !value.includes('{{');
      return isKnown ? [[name, value] as const] : [];
    }),
  );
}

/** The text of a file that a container reads from a ConfigMap. */
function fileOf(
  bundle: Bundle,
  template: BundleObject,
  spec: PodSpec,
  container: PodSpec,
  file: string,
): string | null {
  const slash = file.lastIndexOf('/');
  const mount = items(container['volumeMounts'])
    .map(fields)
    .find(({ mountPath }) => mountPath === file.slice(0, slash));
  const volume = items(spec['volumes'])
    .map(fields)
    .find(({ name }) => name === mount?.['name']);
  const name = valueAt(volume, ['configMap', 'name']);
  const map = objectsOf(bundle, '', 'ConfigMap').find(
    (one) => one.name === name && one.namespace === template.namespace,
  );
  const data = valueAt(map?.value, ['data', file.slice(slash + 1)]);
  return typeof data === 'string' ? data : null;
}

type PodSpec = Readonly<Record<string, unknown>>;
