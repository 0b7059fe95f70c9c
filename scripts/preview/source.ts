import type { LoadedObject } from '../kargo/load.ts';
import type { FreightRecord } from '../kargo/project.ts';
import type { KubernetesObject } from '../kargo/step.ts';
import { PROJECT } from '../settings/names.ts';

export { PROJECT };
export const ARGOCD = 'argocd';

export type Texts = Readonly<Record<string, string>>;
type Values = Readonly<Record<string, unknown>>;

/** Everything that a preview reads: Kargo's objects and what is known of the world they act in. */
export interface PreviewSource {
  readonly kind: 'checkout' | 'cluster';
  readonly objects: readonly LoadedObject[];
  readonly applications: readonly KubernetesObject[];
  /** Data of the ConfigMaps in the Project's namespace, by name. */
  readonly configMaps: ReadonlyMap<string, Texts>;
  readonly freight: readonly KnownFreight[];
  /** What cannot be known from here and is taken to be so. */
  readonly assumptions: readonly string[];
}

export interface KnownFreight {
  readonly record: FreightRecord;
  readonly metadata: Values | null;
}

/** The ConfigMaps of the Project among some objects. */
export function configMapsAmong(objects: readonly LoadedObject[]): ReadonlyMap<string, Texts> {
  const found = new Map<string, Texts>();
  for (const { value } of objects) {
    const metadata = value['metadata'] as { name?: unknown; namespace?: unknown } | undefined;
    if (value['kind'] !== 'ConfigMap' || (metadata?.namespace ?? PROJECT) !== PROJECT) continue;
    found.set(String(metadata?.name), (value['data'] ?? {}) as Texts);
  }
  return found;
}

/** Says which ConfigMaps hold what no expression sees: Kargo's configMap() gives `data` alone. */
export function binaryNotes(objects: readonly LoadedObject[]): readonly string[] {
  return objects.flatMap(({ value }) => {
    const keys = Object.keys((value['binaryData'] ?? {}) as object);
    if (value['kind'] !== 'ConfigMap' || keys.length === 0) return [];
    const { name } = value['metadata'] as { readonly name?: unknown };
    return [
      `ConfigMap ${String(name)} has binary data, which Kargo shows to no expression: as if without ${keys.join(', ')}`,
    ];
  });
}

/** An object that was not written in a file. */
export function loaded(value: unknown, file: string): LoadedObject {
  return {
    value: value as Readonly<Record<string, unknown>>,
    place: () => ({ file, line: 1, column: 1 }),
  };
}
