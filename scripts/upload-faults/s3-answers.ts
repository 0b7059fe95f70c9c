import type { S3Object } from './s3-objects.ts';

/** Most keys that one page of a list holds; small, so that clients must ask for the next one. */
const PAGE = 100;

/** One page of `ListObjects` version 1 or 2. */
export function listXml(
  objects: ReadonlyMap<string, S3Object>,
  request: { readonly key: string; readonly query: URLSearchParams },
  /** What is said of every object instead of the truth. */
  said: { readonly etag?: string; readonly bytes?: number } | null,
): string {
  const { key: bucket, query } = request;
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const after = query.get('continuation-token') ?? query.get('marker') ?? '';
  const entries = new Map<string, string>();
  for (const [path, object] of [...objects].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const name = path.slice(bucket.length + 1);
    if (!path.startsWith(`${bucket}/`) || !name.startsWith(prefix)) continue;
    const cut = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length);
    if (cut !== -1) {
      const folder = name.slice(0, cut + 1);
      entries.set(folder, `<CommonPrefixes>${tag('Prefix', folder)}</CommonPrefixes>`);
    } else {
      entries.set(
        name,
        `<Contents>${tag('Key', name)}${tag('LastModified', object.modified.toISOString())}${tag('ETag', `"${said?.etag ?? object.etag}"`)}${tag('Size', String(said?.bytes ?? object.bytes))}</Contents>`,
      );
    }
  }
  const left = [...entries].filter(([name]) => name > after);
  const page = left.slice(0, Math.min(PAGE, Number(query.get('max-keys') ?? PAGE)));
  const last = page.at(-1)?.[0] ?? '';
  const truncated = page.length < left.length;
  return document(
    'ListBucketResult',
    `${tag('Name', bucket)}${tag('Prefix', prefix)}${tag('KeyCount', String(page.length))}${tag('IsTruncated', String(truncated))}${truncated ? tag('NextContinuationToken', last) + tag('NextMarker', last) : ''}${page.map(([, text]) => text).join('')}`,
  );
}

export function errorXml(code: string): string {
  return document('Error', `${tag('Code', code)}${tag('Message', 'made by the test server')}`);
}

export function deleteResult(): string {
  return document('DeleteResult', '');
}

export function xml(name: string, fields: Readonly<Record<string, string>>): string {
  return document(
    name,
    Object.entries(fields)
      .map(([field, value]) => tag(field, value))
      .join(''),
  );
}

function document(name: string, content: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name}>${content}</${name}>`;
}

function tag(name: string, value: string): string {
  const escaped = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
  return `<${name}>${escaped}</${name}>`;
}
