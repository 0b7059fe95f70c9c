import { type Fields, fields, text } from './fields.ts';

/** What tells one Kubernetes object from another. */
export interface Identity {
  readonly apiVersion: string;
  /** Part of the apiVersion before `/`; empty for the core group. */
  readonly group: string;
  readonly kind: string;
  readonly name: string;
  /** Empty where the object names none. */
  readonly namespace: string;
}

export function identityOf(value: Fields): Identity {
  const before = known.get(value);
  if (before !== undefined) return before;
  const identity = read(value);
  known.set(value, identity);
  return identity;
}

/** Asked again and again of the same few objects, which nobody changes. */
const known = new WeakMap<Fields, Identity>();

function read(value: Fields): Identity {
  const apiVersion = text(value['apiVersion']);
  const [group = '', version] = apiVersion.split('/');
  const metadata = fields(value['metadata']);
  return {
    apiVersion,
    group: version === undefined ? '' : group,
    kind: text(value['kind']),
    name: text(metadata['name']),
    namespace: text(metadata['namespace']),
  };
}
