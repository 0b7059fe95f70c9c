import { suggestion } from '../../runtime/config/suggestion.ts';
import type { Bundle, BundleObject } from './bundle.ts';

export function objectsOf(bundle: Bundle, group: string, kind: string): readonly BundleObject[] {
  return bundle.objects.filter((object) => object.group === group && object.kind === kind);
}

/** Whether both live in one namespace; one that names none may live in any. */
export function together(left: BundleObject, right: BundleObject): boolean {
  return left.namespace === right.namespace || left.namespace === '' || right.namespace === '';
}

/** Advice for a name that nothing has: the one that was probably meant, or all there are. */
export function adviceOn(name: string, known: readonly BundleObject[], kind: string): string {
  const names = [...new Set(known.map((object) => object.name))].toSorted();
  if (names.length === 0) return `there is no ${kind} at all: add one`;
  const near = suggestion(name, names);
  if (near !== null) return `did you mean ${near}?`;
  return `${kind}s here: ${names.join(', ')}`;
}
