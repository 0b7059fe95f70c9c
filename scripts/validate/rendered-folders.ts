import { posix } from 'node:path';
import type { Bundle, BundleObject } from './bundle.ts';
import { fields, items, text, valueAt } from './fields.ts';
import { type KnownText, knownText } from './known-text.ts';
import type { Path } from './source-file.ts';
import { stepsOf } from './stage-steps.ts';

/** A folder that a step of a Stage renders or changes in a clone of the Freight's commit. */
export interface RenderedFolder {
  /** The step, such as kustomize-build. */
  readonly kind: string;
  /** Relative to the root of the repository. */
  readonly folder: string;
  /** As the step has it, with the clone's own folder. */
  readonly written: KnownText;
}

const RENDERING: ReadonlySet<string> = new Set(['kustomize-build', 'kustomize-set-image']);

/** What a Stage renders, below the folder into which it clones the Freight's commit; as far as it can be told. */
export function* renderedFolders(bundle: Bundle, stage: BundleObject): Generator<RenderedFolder> {
  const clones = new Set<string>();
  for (const { object, path, value, scope } of stepsOf(bundle, stage)) {
    const kind = text(value['uses']);
    if (kind === 'git-clone') {
      const checkouts: Path = [...path, 'config', 'checkout'];
      for (const [index, checkout] of items(valueAt(object.value, checkouts)).entries()) {
        const folder = knownText(object, [...checkouts, index, 'path'], scope)?.value;
        if (folder !== undefined && text(fields(checkout)['commit']) !== '') {
          clones.add(posix.normalize(folder));
        }
      }
    }
    if (!RENDERING.has(kind)) continue;
    const written = knownText(object, [...path, 'config', 'path'], scope);
    if (written === null) continue;
    const whole = posix.normalize(written.value);
    const clone = [...clones].find((one) => whole.startsWith(`${one}/`));
    if (clone !== undefined) yield { kind, folder: whole.slice(clone.length + 1), written };
  }
}
