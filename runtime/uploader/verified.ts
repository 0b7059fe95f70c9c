import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type Disk, removeIfThere, replaceFile } from '../archive/disk.ts';
import { isSystemError } from '../archive/error.ts';
import { verifiedPath } from '../archive/layout.ts';
import type { Remote, UploadFile } from './remote.ts';

/** Written once the copies of an archive and its manifest were compared and were right; never before. */
const verifiedRecord = z.object({
  schema: z.literal('orderbooks.verified.v1'),
  path: z.string(),
  sha256: z.string(),
  remote: z.object({ type: z.string(), target: z.string() }),
  remote_path: z.string(),
  upload_id: z.string(),
  /** `content`, or the kind of hash that the remote told; absent in records of earlier releases, which read content. */
  verified_by: z.string().optional(),
  verified_at: z.iso.datetime().transform((text) => new Date(text)),
});

/**
 * When a copy of `file`, with this content, was verified, in milliseconds since 1970; null if none was. With `remote`
 * only a copy there counts.
 */
export async function verifiedAt(
  dataRoot: string,
  file: Pick<UploadFile, 'path' | 'sha256'>,
  remote?: Pick<Remote, 'type' | 'target'>,
): Promise<number | null> {
  let text: string;
  try {
    text = await readFile(join(dataRoot, verifiedPath(file.path)), 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return null;
    throw error;
  }
  const { data: record } = verifiedRecord.safeParse(parse(text));
  if (record?.path !== file.path || record.sha256 !== file.sha256) return null;
  const there = remote ?? record.remote;
  if (record.remote.type !== there.type || record.remote.target !== there.target) return null;
  return record.verified_at.getTime();
}

export async function recordVerified(
  disk: Disk,
  dataRoot: string,
  file: UploadFile,
  remote: Remote,
  upload: { readonly id: string; readonly at: Date; readonly by: string },
): Promise<void> {
  const record: z.input<typeof verifiedRecord> = {
    schema: 'orderbooks.verified.v1',
    path: file.path,
    sha256: file.sha256,
    remote: { type: remote.type, target: remote.target },
    remote_path: file.remotePath,
    upload_id: upload.id,
    verified_by: upload.by,
    verified_at: upload.at.toISOString(),
  };
  await replaceFile(
    disk,
    join(dataRoot, verifiedPath(file.path)),
    `${JSON.stringify(record, null, 2)}\n`,
  );
}

/** The copy is not right any more: the file is uploaded again next time. */
export function forgetVerified(disk: Disk, dataRoot: string, path: string): Promise<void> {
  return removeIfThere(disk, join(dataRoot, verifiedPath(path)));
}

/** A record that cannot be parsed proves nothing. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
