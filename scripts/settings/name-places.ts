import { isMap, isScalar, type Pair, parseAllDocuments, type Scalar, visit } from 'yaml';

/** Names that recur in the manifests. */
export interface Names {
  /** Kargo Project and its namespace. */
  readonly project: string;
  readonly canaryNamespace: string;
  /** Namespace of stage full. */
  readonly productionNamespace: string;
}

export const NAME_KEYS = ['project', 'canaryNamespace', 'productionNamespace'] as const;

/** The text of a manifest with other names; everything else, comments and form among it, stays as it is. */
export function renamed(text: string, from: Names, to: Names): string {
  const edits = NAME_KEYS.filter((key) => from[key] !== to[key]).flatMap((key) =>
    placesOf(text, from[key]).map((at) => ({ at, old: from[key], fresh: to[key] })),
  );
  let result = text;
  for (const { at, old, fresh } of edits.toSorted((left, right) => right.at - left.at)) {
    result = result.slice(0, at) + fresh + result.slice(at + old.length);
  }
  return result;
}

/** Where a namespace or Project is named in a YAML text: the offsets of the name. Other things may have the same name. */
function placesOf(text: string, name: string): readonly number[] {
  const found: number[] = [];
  for (const document of parseAllDocuments(text, { logLevel: 'silent' })) {
    visit(document, {
      Scalar: (key, node, path) => {
        if (key === 'key' || typeof node.value !== 'string' || !node.range) return;
        const written = text.slice(node.range[0], node.range[1]);
        const isName = node.value === name && namesNamespace(path);
        const within = isName ? [written.indexOf(name)] : mentions(written, name);
        found.push(...within.map((at) => (node.range?.[0] ?? 0) + at));
      },
    });
  }
  return found;
}

const KEYS: ReadonlySet<string> = new Set(['namespace', 'kubernetes.io/metadata.name']);
/** Kinds that have the name of a namespace. */
const KINDS: ReadonlySet<string> = new Set(['Namespace', 'Project', 'ProjectConfig']);

/** Whether the value at the end of `path` is the name of a namespace, by its key and the kind of what it belongs to. */
function namesNamespace(path: readonly unknown[]): boolean {
  const pair = path.at(-1);
  const key = keyOf(pair);
  if (KEYS.has(key)) return true;
  if (key !== 'name') return false;
  // `metadata.name` of an object, or `name` beside `kind` in a list of permitted kinds.
  const owner = keyOf(path.at(-3)) === 'metadata' ? path.at(-4) : path.at(-2);
  const kind = isMap(owner) ? owner.get('kind') : undefined;
  return typeof kind === 'string' && KINDS.has(kind);
}

function keyOf(pair: unknown): string {
  const { key } = (pair ?? {}) as Partial<Pair<Scalar>>;
  return isScalar(key) ? String(key.value) : '';
}

/** Forms in which a longer text names a namespace or Project; the name comes between the two. */
const MENTIONS: readonly (readonly [before: string, after: string])[] = [
  // Arguments of a container.
  ['--(?:production-)?namespace=', '(?![\\w-])'],
  ['--project=', '(?![\\w-])'],
  // Which Stage may have an Application synced.
  ['^["\']?', ':[a-z0-9-]+["\']?$'],
  // Conditions of admission policies.
  ["\\bnamespace\\s*==\\s*'", "'"],
  ['\\bsystem:serviceaccount:', ':'],
  // Hosts of Services.
  ['://[a-z0-9-]+\\.', '[:/.]'],
  // Objects that a policy of the gates lists.
  ['^["\']?/Namespace/', '["\']?$'],
];

function mentions(written: string, name: string): readonly number[] {
  if (!written.includes(name)) return [];
  const literally = name.replace(/[^\w-]/g, '\\$&');
  return MENTIONS.flatMap(([before, after]) =>
    [...written.matchAll(new RegExp(`(${before})${literally}(?:${after})`, 'g'))].map(
      ({ index, 1: lead = '' }) => index + lead.length,
    ),
  );
}
