import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Everything that is applied somewhere: rendered on its own, checked on its own. */
export const KUSTOMIZATIONS = [
  'argocd',
  'gitops/overlays/canary',
  'gitops/overlays/full',
  'gitops/overlays/local',
  'kargo',
] as const;

export interface RenderedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

/** The rendered text of one kustomization, of this repository or of another tree. */
export function renderText(kustomization: string, root = ROOT): string {
  return execFileSync('kubectl', ['kustomize', kustomization], { cwd: root, encoding: 'utf8' });
}

/** The rendered objects of one kustomization, in order. */
export function render(kustomization: string, root = ROOT): readonly RenderedObject[] {
  return objectsIn(renderText(kustomization, root));
}

/** The objects in a rendered text. */
export function objectsIn(text: string): readonly RenderedObject[] {
  return parseAllDocuments(text).map((document) => {
    if (document.errors[0] !== undefined) throw document.errors[0];
    return document.toJS() as RenderedObject;
  });
}

/** What an object has under a key, to be read as the caller knows it. Throws if there is no such object or key. */
export function read<T>(object: RenderedObject | undefined, ...path: readonly string[]): T {
  let value: unknown = object;
  for (const key of path) value = (value as Readonly<Record<string, unknown>> | undefined)?.[key];
  if (value === undefined) throw new Error(`no ${path.join('.')} in ${object?.metadata.name}`);
  return value as T;
}
