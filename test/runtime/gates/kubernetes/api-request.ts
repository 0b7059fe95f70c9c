import type { IncomingMessage } from 'node:http';

/** A request as an API server authorises it. */
export interface Seen {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly query: URLSearchParams;
  readonly body: Record<string, unknown> | null;
  readonly authorization: string;
}

/** What was asked, and in whose name. */
export async function readRequest(request: IncomingMessage): Promise<Seen> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const url = new URL(request.url ?? '/', 'http://api');
  const parts = url.pathname.split('/').filter(Boolean).map(decodeURIComponent);
  const core = parts[0] === 'api';
  const rest = parts.slice(core ? 2 : 3);
  const [only = '', namespace = '', kind = rest.length === 1 ? only : '', name = '', subresource] =
    rest;
  const verbs: Record<string, string> = { POST: 'create', PUT: 'update', DELETE: 'delete' };
  return {
    verb: verbs[request.method ?? ''] ?? (name === '' ? 'list' : 'get'),
    group: core ? '' : (parts[1] ?? ''),
    resource: subresource === undefined ? kind : `${kind}/${subresource}`,
    namespace,
    // The proxy names a port after the pod.
    name: name.split(':')[0] ?? '',
    query: url.searchParams,
    body: text === '' ? null : JSON.parse(text),
    authorization: request.headers.authorization ?? '',
  };
}

/** The value at a path of keys, or undefined. */
export function dig(value: unknown, ...path: readonly string[]): unknown {
  let here = value;
  for (const key of path) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = (here as Record<string, unknown>)[key];
  }
  return here;
}
