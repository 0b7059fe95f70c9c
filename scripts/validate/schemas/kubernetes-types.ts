import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A field as the client's type map has it. */
export interface TypedField {
  readonly name: string;
  /** Such as `Array<V1EnvVar>` or `{ [key: string]: string; }`. */
  readonly type: string;
  readonly format: string;
  readonly required: boolean;
}

export interface KubernetesKind {
  readonly apiVersion: string;
  readonly kind: string;
  /** Name of its type. */
  readonly type: string;
  readonly namespaced: boolean;
}

export interface KubernetesTypes {
  /** Release that the client was made of, such as `release-1.36`. */
  readonly release: string;
  readonly types: ReadonlyMap<string, readonly TypedField[]>;
  readonly kinds: readonly KubernetesKind[];
}

/**
 * Kubernetes' own kinds as @kubernetes/client-node knows them: fields and types from its type maps, which of them are
 * required from its declarations, and which kind has which version from the paths of its requests.
 */
export async function readKubernetesTypes(): Promise<KubernetesTypes> {
  const folder = join(
    dirname(createRequire(import.meta.url).resolve('@kubernetes/client-node')),
    'gen',
  );
  const models = (await import(pathToFileURL(join(folder, 'models', 'all.js')).href)) as Readonly<
    Record<string, Model>
  >;
  const types = new Map<string, readonly TypedField[]>();
  for (const [name, model] of Object.entries(models)) {
    if (typeof model?.getAttributeTypeMap !== 'function') continue;
    const required = requiredFields(readFileSync(join(folder, 'models', `${name}.d.ts`), 'utf8'));
    types.set(
      name,
      model.getAttributeTypeMap().map(({ name: key, baseName, type, format }) => ({
        name: baseName,
        type,
        format,
        required: required.has(key),
      })),
    );
  }
  // The client still has requests for versions that its release no longer serves, without their types.
  const kinds = kindsIn(join(folder, 'apis')).filter(({ type }) => types.has(type));
  return { release: releaseIn(folder), types, kinds };
}

interface Model {
  getAttributeTypeMap?(): readonly {
    readonly name: string;
    readonly baseName: string;
    readonly type: string;
    readonly format: string;
  }[];
}

/** A declaration without `?`. */
function requiredFields(declaration: string): ReadonlySet<string> {
  return new Set([...declaration.matchAll(/^ {4}'?(\w+)'?: /gm)].map(([, name]) => name ?? ''));
}

function releaseIn(folder: string): string {
  const text = readFileSync(join(folder, 'models', 'V1Pod.js'), 'utf8');
  return /OpenAPI spec version: (\S+)/.exec(text)?.[1] ?? 'unknown';
}

/** What can be created, from the requests that create it. */
function kindsIn(folder: string): readonly KubernetesKind[] {
  const kinds = new Map<string, KubernetesKind>();
  for (const file of readdirSync(folder).toSorted()) {
    if (!file.endsWith('Api.js')) continue;
    for (const request of readFileSync(join(folder, file), 'utf8').split(/^ {4}async /m)) {
      const [, version = '', scope] =
        /localVarPath = '\/(?:apis\/|api\/)([\w./]+?)\/(namespaces\/\{namespace\}\/)?\w+';?$/m.exec(
          request,
        ) ?? [];
      const type = /HttpMethod\.POST[\s\S]*serialize\(body, "(\w+)"/.exec(request)?.[1];
      const kind = type?.replace(/^([A-Z][a-z]+)?V\d+((alpha|beta)\d+)?/, '');
      if (version === '' || type === undefined || kind === undefined) continue;
      const known = kinds.get(`${version}/${kind}`);
      kinds.set(`${version}/${kind}`, {
        apiVersion: version,
        kind,
        type,
        namespaced: scope !== undefined || known?.namespaced === true,
      });
    }
  }
  return [...kinds.values()];
}
