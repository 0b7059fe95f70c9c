import { createHash } from 'node:crypto';

/** An object as the server holds it, and what it says of it. */
export interface S3Object {
  readonly content: Buffer;
  /** Size that it says; another than that of the content when it lost a part. */
  readonly bytes: number;
  /** Without quotes: the MD5 of the content, or that of the parts' MD5s and their number. */
  readonly etag: string;
  readonly modified: Date;
  /** Headers `x-amz-meta-…` as they came, names in lower case. */
  readonly metadata: Readonly<Record<string, string>>;
}

interface MultipartUpload {
  readonly key: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly parts: Map<number, Buffer>;
}

/** The buckets' content: keys are `<bucket>/<name>`. */
export class S3Objects {
  readonly objects = new Map<string, S3Object>();
  readonly #uploads = new Map<string, MultipartUpload>();
  #lastUpload = 0;

  /** Stores `kept`, which is `body` unless the server loses or spoils some of it, and says that it has `body`. */
  put(
    key: string,
    body: Buffer,
    kept: Buffer,
    metadata: Readonly<Record<string, string>>,
  ): S3Object {
    const object = {
      content: kept,
      bytes: body.length,
      etag: md5(body),
      modified: new Date(),
      metadata,
    };
    this.objects.set(key, object);
    return object;
  }

  /** The id of a new upload in parts. */
  begin(key: string, metadata: Readonly<Record<string, string>>): string {
    const id = `upload-${++this.#lastUpload}`;
    this.#uploads.set(id, { key, metadata, parts: new Map() });
    return id;
  }

  /** False if no such upload is under way. */
  putPart(id: string, number: number, content: Buffer): boolean {
    return this.#uploads.get(id)?.parts.set(number, content) !== undefined;
  }

  complete(id: string): S3Object | null {
    const upload = this.#uploads.get(id);
    if (upload === undefined) return null;
    this.#uploads.delete(id);
    const parts = [...upload.parts].sort(([a], [b]) => a - b).map(([, content]) => content);
    const digests = Buffer.concat(parts.map((part) => createHash('md5').update(part).digest()));
    const content = Buffer.concat(parts);
    const object = {
      content,
      bytes: content.length,
      etag: `${md5(digests)}-${parts.length}`,
      modified: new Date(),
      metadata: upload.metadata,
    };
    this.objects.set(upload.key, object);
    return object;
  }

  abort(id: string): void {
    this.#uploads.delete(id);
  }
}

export function md5(content: Uint8Array): string {
  return createHash('md5').update(content).digest('hex');
}
