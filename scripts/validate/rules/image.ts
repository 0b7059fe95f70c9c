import { dirname } from 'node:path';
import type { Bundle } from '../bundle.ts';
import { fields, items, text, valueAt } from '../fields.ts';
import { knownText } from '../known-text.ts';
import { objectsOf } from '../lookup.ts';
import { containersOf, podTemplatesOf } from '../pods.ts';
import type { Check } from '../rule.ts';
import { stepsOf } from '../stage-steps.ts';
import { KARGO } from '../written-steps.ts';

/** What was verified is what runs: a tag can be moved, and `latest` moves by design. */
export const checkImages: Check = function* ({ bundle, house }) {
  if (!house) return;
  const promoted = promotedImages(bundle);
  const anywhere = new Set(promoted.flatMap(({ digests }) => [...digests]));
  for (const pod of podTemplatesOf(bundle)) {
    const { kustomization, kind, name } = pod.object;
    if (kustomization === null) continue;
    const ours = promoted.filter(({ path }) => `/${path}`.endsWith(`/${dirname(kustomization)}`));
    for (const container of containersOf(pod)) {
      const image = text(container.value['image']);
      // Arguments of a verification are known when it runs.
      if (image === '' || image.includes('{{') || DIGEST.test(image)) continue;
      const [, repository = image, tag] = TAGGED.exec(image) ?? [];
      const isSet =
        ours.length > 0
          ? ours.every(({ digests }) => digests.has(repository))
          : anywhere.has(repository);
      if (isSet) continue;
      const fault = faultOf(tag, ours.length > 0);
      if (fault === null) continue;
      yield {
        rule: 'kubernetes/image',
        at: pod.object.at([...container.path, 'image']),
        message: `${kind} ${name}: container ${text(container.value['name'])} runs ${image}, ${fault}`,
        fix:
          ours.length > 0
            ? 'name it as the kustomize-set-image step of the Stage does, which sets its digest, or write a digest'
            : 'write a digest, or a tag other than latest',
      };
    }
  }
};

const DIGEST = /@sha256:[0-9a-f]{64}$/;
/** A colon behind the last slash; one before it belongs to a port. */
const TAGGED = /^(.*):([^/:]+)$/;

function faultOf(tag: string | undefined, isPromoted: boolean): string | null {
  if (isPromoted) return 'which has no digest, and no Stage that renders it sets one';
  if (tag === undefined) return 'which has no tag and means latest';
  return tag === 'latest' ? 'which is another image whenever somebody pushes' : null;
}

interface Promoted {
  /** The folder that the Stage renders, in its working folder. */
  readonly path: string;
  /** Names of images that the Stage gives a digest there. */
  readonly digests: ReadonlySet<string>;
}

/** Every overlay that a Stage renders, with the images that the Stage sets. */
function promotedImages(bundle: Bundle): readonly Promoted[] {
  return objectsOf(bundle, KARGO, 'Stage').flatMap((stage) => {
    const digests = new Map<string, Set<string>>();
    for (const { object, path, value, scope } of stepsOf(bundle, stage)) {
      if (value['uses'] !== 'kustomize-set-image' && value['uses'] !== 'kustomize-build') continue;
      const folder = knownText(object, [...path, 'config', 'path'], scope)?.value;
      if (folder === undefined) continue;
      const names = digests.get(folder) ?? new Set();
      digests.set(folder, names);
      const images = [...path, 'config', 'images'];
      for (const [index, image] of items(valueAt(object.value, images)).map(fields).entries()) {
        if (text(image['digest']) === '') continue;
        const key = text(image['name']) === '' ? 'image' : 'name';
        const name = knownText(object, [...images, index, key], scope)?.value;
        if (name !== undefined) names.add(name);
      }
    }
    return [...digests].map(([path, names]) => ({ path, digests: names }));
  });
}
