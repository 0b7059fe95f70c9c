import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deleteResult, errorXml, listXml, xml } from './s3-answers.ts';
import { md5, type S3Object, S3Objects } from './s3-objects.ts';

export interface S3Request {
  readonly method: string;
  /** `<bucket>/<name>`; ends after the bucket for a request to the bucket. */
  readonly key: string;
  readonly query: URLSearchParams;
  /** Requests before this one. */
  readonly count: number;
}

/** What the server does instead of what is right. */
export type S3Fault =
  | { readonly kind: 'status'; readonly status: number; readonly code: string }
  /** Takes the request and never answers. */
  | { readonly kind: 'silence' }
  /** Ends the connection. */
  | { readonly kind: 'reset' }
  /** Sends this part of the body and ends the connection. */
  | { readonly kind: 'short'; readonly part: number }
  /** Answers as if all went well and keeps this part of the body. */
  | { readonly kind: 'keep-part'; readonly part: number }
  /** Answers as if all went well and keeps the body with one bit changed. */
  | { readonly kind: 'flip' }
  | { readonly kind: 'late'; readonly milliseconds: number }
  /** Says this of the object, whatever it holds. */
  | { readonly kind: 'say'; readonly etag?: string; readonly bytes?: number };

export interface S3Server {
  readonly endpoint: string;
  /** By `<bucket>/<name>`. */
  readonly objects: Map<string, S3Object>;
  readonly requests: readonly S3Request[];
  /** Body bytes of objects that were sent to clients. */
  readonly sentBytes: number;
  /** Decides over every request; null for the right answer. */
  fault: (request: S3Request) => S3Fault | null;
  close(): Promise<void>;
}

/** A small S3 (path style, no signatures checked) on a free port of this machine: what rclone's backend needs, and faults. */
export async function startS3(): Promise<S3Server> {
  const store = new S3Objects();
  const requests: S3Request[] = [];
  let sentBytes = 0;
  const http = createServer((message, response) => {
    const request = requestOf(message, requests.length);
    requests.push(request);
    answer(store, request, message, response, server.fault(request), (bytes) => {
      sentBytes += bytes;
    }).catch(() => message.destroy());
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const server: S3Server = {
    endpoint: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    objects: store.objects,
    requests,
    get sentBytes() {
      return sentBytes;
    },
    fault: () => null,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
  return server;
}

function requestOf(message: IncomingMessage, count: number): S3Request {
  const url = new URL(message.url ?? '/', 'http://s3');
  const key = decodeURIComponent(url.pathname).replace(/^\/+|\/+$/g, '');
  return { method: message.method ?? 'GET', key, query: url.searchParams, count };
}

async function answer(
  store: S3Objects,
  request: S3Request,
  message: IncomingMessage,
  response: ServerResponse,
  fault: S3Fault | null,
  sent: (bytes: number) => void,
): Promise<void> {
  if (fault?.kind === 'reset') {
    message.destroy();
    return;
  }
  const body = await bodyOf(message);
  if (fault?.kind === 'silence') return;
  if (fault?.kind === 'late') await new Promise((go) => setTimeout(go, fault.milliseconds));
  if (fault?.kind === 'status') {
    send(response, fault.status, errorXml(fault.code));
    return;
  }
  if (request.method === 'GET' || request.method === 'HEAD') {
    await read(store, request, message, response, fault, sent);
    return;
  }
  write(store, request, message, response, body, keptOf(body, fault));
}

function keptOf(body: Buffer, fault: S3Fault | null): Buffer {
  if (fault?.kind === 'keep-part') return body.subarray(0, Math.floor(body.length * fault.part));
  if (fault?.kind !== 'flip' || body.length === 0) return body;
  const kept = Buffer.from(body);
  kept[kept.length >> 1] = (kept[kept.length >> 1] ?? 0) ^ 1;
  return kept;
}

async function read(
  store: S3Objects,
  request: S3Request,
  message: IncomingMessage,
  response: ServerResponse,
  fault: S3Fault | null,
  sent: (bytes: number) => void,
): Promise<void> {
  const said = fault?.kind === 'say' ? fault : null;
  if (!request.key.includes('/')) {
    send(response, 200, request.method === 'HEAD' ? '' : listXml(store.objects, request, said));
    return;
  }
  const object = store.objects.get(request.key);
  if (object === undefined) {
    send(response, 404, request.method === 'HEAD' ? '' : errorXml('NoSuchKey'));
    return;
  }
  const [from, to] = rangeOf(message, object.bytes);
  const content = object.content.subarray(from, to);
  response.writeHead(message.headers.range === undefined ? 200 : 206, {
    ...object.metadata,
    etag: `"${said?.etag ?? object.etag}"`,
    'last-modified': object.modified.toUTCString(),
    'content-length': said?.bytes ?? to - from,
    'content-range': `bytes ${from}-${to - 1}/${object.bytes}`,
    'accept-ranges': 'bytes',
  });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const share = fault?.kind === 'short' ? fault.part : 1;
  const part = content.subarray(0, Math.floor(content.length * share));
  sent(part.length);
  response.write(part, () => {
    if (part.length < to - from) response.destroy();
    else response.end();
  });
}

function write(
  store: S3Objects,
  request: S3Request,
  message: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  kept: Buffer,
): void {
  const { method, key, query } = request;
  const digest = message.headers['content-md5'];
  if (digest !== undefined && Buffer.from(String(digest), 'base64').toString('hex') !== md5(body)) {
    send(response, 400, errorXml('BadDigest'));
  } else if (!key.includes('/')) {
    for (const name of query.has('delete') ? keysIn(body) : []) {
      store.objects.delete(`${key}/${name}`);
    }
    send(response, 200, query.has('delete') ? deleteResult() : '');
  } else if (method === 'POST' && query.has('uploads')) {
    const id = store.begin(key, metadataOf(message));
    send(response, 200, xml('InitiateMultipartUploadResult', { UploadId: id }));
  } else if (method === 'POST') {
    const object = store.complete(query.get('uploadId') ?? '');
    if (object === null) send(response, 404, errorXml('NoSuchUpload'));
    else send(response, 200, xml('CompleteMultipartUploadResult', { ETag: `"${object.etag}"` }));
  } else if (method === 'PUT' && query.has('partNumber')) {
    const known = store.putPart(query.get('uploadId') ?? '', Number(query.get('partNumber')), kept);
    send(response, known ? 200 : 404, known ? '' : errorXml('NoSuchUpload'), {
      etag: `"${md5(body)}"`,
    });
  } else if (method === 'PUT') put(store, key, message, response, body, kept);
  else if (query.has('uploadId')) {
    store.abort(query.get('uploadId') ?? '');
    send(response, 204, '');
  } else {
    store.objects.delete(key);
    send(response, 204, '');
  }
}

function put(
  store: S3Objects,
  key: string,
  message: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  kept: Buffer,
): void {
  const source = message.headers['x-amz-copy-source'];
  if (source === undefined) {
    store.put(key, body, kept, metadataOf(message));
    send(response, 200, '', { etag: `"${md5(body)}"` });
    return;
  }
  const from = decodeURIComponent(String(source)).replace(/^\/+/, '');
  const original = store.objects.get(from);
  if (original === undefined) {
    send(response, 404, errorXml('NoSuchKey'));
    return;
  }
  const replace = message.headers['x-amz-metadata-directive'] === 'REPLACE';
  const metadata = replace ? metadataOf(message) : original.metadata;
  const copy = store.put(key, original.content, original.content, metadata);
  send(response, 200, xml('CopyObjectResult', { ETag: `"${copy.etag}"` }));
}

function metadataOf(message: IncomingMessage): Readonly<Record<string, string>> {
  // Presigned requests carry them in the query, as AWS permits.
  const url = new URL(message.url ?? '/', 'http://s3');
  return Object.fromEntries(
    [...Object.entries(message.headers), ...url.searchParams].flatMap(([name, value]) => {
      const lower = name.toLowerCase();
      return lower.startsWith('x-amz-meta-') ? [[lower, String(value)]] : [];
    }),
  );
}

function rangeOf(message: IncomingMessage, length: number): readonly [number, number] {
  const match = /^bytes=(\d+)-(\d*)$/.exec(message.headers.range ?? '');
  if (match === null) return [0, length];
  return [
    Number(match[1]),
    match[2] === '' ? length : Math.min(Number(match[2] ?? length) + 1, length),
  ];
}

function keysIn(body: Buffer): string[] {
  return [...body.toString('utf8').matchAll(/<Key>([^<]*)<\/Key>/g)].map((match) => match[1] ?? '');
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of message as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    'content-type': 'application/xml',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}
