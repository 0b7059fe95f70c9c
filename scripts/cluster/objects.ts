/** As much of an object's shape as is needed to name and compare it. */
export interface KubernetesObject {
  readonly apiVersion?: string;
  readonly kind: string;
  readonly metadata: Readonly<Record<string, unknown>> & {
    readonly name: string;
    readonly namespace?: string;
  };
}

/** What kubectl printed with `-ojson`: one object, a List of them, or several documents' List; null is none. */
export function objectsOf(printed: unknown): readonly KubernetesObject[] {
  if (printed === null || typeof printed !== 'object') return [];
  const { items } = printed as { items?: readonly KubernetesObject[] };
  return items ?? [printed as KubernetesObject];
}

/** Such as `Secret orderbooks/orderbooks-rclone-config`, or `Namespace orderbooks`. */
export function titleOf({ kind, metadata }: KubernetesObject): string {
  return metadata.namespace === undefined
    ? `${kind} ${metadata.name}`
    : `${kind} ${metadata.namespace}/${metadata.name}`;
}

/** What the Secrets among them hold, decoded. */
export function secretsOf(objects: readonly object[]): readonly string[] {
  return objects.flatMap((object) => {
    const { kind, data } = object as { readonly kind?: string; readonly data?: object };
    if (kind !== 'Secret') return [];
    return Object.values(data ?? {}).map((value) =>
      Buffer.from(String(value), 'base64').toString('utf8'),
    );
  });
}

/** An object's content without what the server counts: equal texts mean that nothing was changed. */
export function comparable(object: KubernetesObject): string {
  const { status: _status, ...rest } = object as KubernetesObject & { status?: unknown };
  const metadata = Object.fromEntries(
    Object.entries(object.metadata).filter(([key]) => !COUNTED.has(key)),
  );
  return JSON.stringify(sorted({ ...rest, metadata }));
}

const COUNTED: ReadonlySet<string> = new Set([
  'managedFields',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'uid',
]);

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
