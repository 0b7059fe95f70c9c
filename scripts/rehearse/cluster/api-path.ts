import { findResource, type Kind } from './kinds.ts';

/** What the path of a request points at. */
export interface ApiTarget {
  readonly kind: Kind;
  /** Empty for cluster-scoped objects and for lists over all namespaces. */
  readonly namespace: string;
  /** Empty for a collection. */
  readonly name: string;
  /** Such as `log`, `status`, `proxy`; empty for the object itself. */
  readonly subresource: string;
  /** What follows `proxy`, without a leading slash. */
  readonly rest: string;
}

/** Parses `/api/v1/…` and `/apis/GROUP/VERSION/…`; undefined if it points at nothing that the cluster knows. */
export function parseApiPath(path: string): ApiTarget | undefined {
  const parts = path.split('/').slice(1);
  const core = parts[0] === 'api';
  if (!core && parts[0] !== 'apis') return undefined;
  const group = core ? '' : decode(parts[1]);
  const version = decode(parts[core ? 1 : 2]);
  const tail = parts.slice(core ? 2 : 3);
  const inNamespace = tail[0] === 'namespaces' && tail.length > 2 && tail[2] !== 'status';
  const [plural, name, subresource, ...rest] = inNamespace ? tail.slice(2) : tail;
  const kind = findResource(group, version, decode(plural));
  if (kind === undefined || (inNamespace && !kind.namespaced)) return undefined;
  if (kind.namespaced && !inNamespace && name !== undefined && name !== '') return undefined;
  return {
    kind,
    namespace: inNamespace ? decode(tail[1]) : '',
    name: decode(name),
    subresource: decode(subresource),
    rest: rest.join('/'),
  };
}

function decode(part: string | undefined): string {
  if (part === undefined) return '';
  try {
    return decodeURIComponent(part);
  } catch {
    // A malformed escape names nothing: the caller answers 404.
    return '%';
  }
}
