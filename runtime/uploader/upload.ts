import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Disk, nodeDisk, replaceFile } from '../archive/disk.ts';
import { compactStamp, UPLOAD_MANIFEST_FOLDER } from '../archive/layout.ts';
import { type UploadManifest, uploadManifest } from '../archive/manifest.ts';
import type { Provenance } from '../archive/row.ts';
import { redactText } from '../observability/redaction.ts';
import { messageOf } from '../thrown.ts';
import { type Candidate, findCandidates, localProblem, manifestFile } from './candidates.ts';
import { cleanUp } from './cleanup.ts';
import { UploadError } from './error.ts';
import { pruneManifests } from './prune.ts';
import { pruneArchiveRecords } from './prune-archive-records.ts';
import { deletionDepth, type ReadBack, uploadDepth } from './read-back.ts';
import type { Remote, UploadFile } from './remote.ts';
import { forgetVerified, recordVerified, verifiedAt } from './verified.ts';

export interface UploadOptions {
  readonly dataRoot: string;
  readonly remote: Remote;
  readonly provenance: Provenance;
  readonly minimumAgeMs: number;
  readonly retentionMs: number;
  /** Manifests older than this are deleted, those of archives only where these are gone; none if not said. */
  readonly manifestRetentionMs?: number;
  /** When copies are read whole; `before-deletion` if not said. */
  readonly readBack?: ReadBack;
  readonly now?: () => Date;
  readonly disk?: Disk;
  readonly signal?: AbortSignal;
  readonly log?: (fields: Readonly<Record<string, unknown>>, message: string) => void;
}

type FileResult = UploadManifest['files'][number];

/** After so many archives what was verified is recorded, so that an interrupted run keeps its work. */
const BATCH_ARCHIVES = 100;

/**
 * One run of the uploader; the caller holds the uploader's lock. Copies closed archives that are old enough, verifies
 * the copies, deletes what is older than the retention, and writes and returns the upload manifest. Every trouble is in
 * the manifest; rejects only when that cannot be written.
 */
export async function upload(options: UploadOptions): Promise<UploadManifest> {
  const run = new UploadRun(options);
  try {
    await run.uploadPending();
    await run.deleteExpired();
    await run.pruneManifests();
  } catch (error) {
    run.fail(error);
  }
  return run.finish();
}

class UploadRun {
  readonly #options: UploadOptions;
  readonly #disk: Disk;
  readonly #now: () => Date;
  readonly #startedAt: Date;
  readonly #id: string;
  readonly #readBack: ReadBack;
  readonly #files = new Map<string, FileResult>();
  readonly #errors: string[] = [];
  #expired: UploadFile[] = [];

  constructor(options: UploadOptions) {
    this.#options = options;
    this.#disk = options.disk ?? nodeDisk;
    this.#now = options.now ?? (() => new Date());
    this.#startedAt = this.#now();
    this.#readBack = options.readBack ?? 'before-deletion';
    this.#id = `${compactStamp(this.#startedAt)}-${randomBytes(3).toString('hex')}`;
  }

  async uploadPending(): Promise<void> {
    const { dataRoot, remote, minimumAgeMs, retentionMs } = this.#options;
    const found = await findCandidates(dataRoot);
    this.#errors.push(...found.problems);
    const now = this.#startedAt.getTime();
    const pending: Candidate[] = [];
    // Where the clock was set back an archive may be closed in the future. It was closed when it was verified.
    const expired = (one: Candidate, verified: number) =>
      now - Math.min(one.closedAt, verified) > retentionMs;
    let future = 0;
    for (const candidate of found.candidates) {
      const age = now - candidate.closedAt;
      if (age < 0) future++;
      const verified = await verifiedAt(dataRoot, candidate.archive, remote);
      if (verified !== null) {
        if (expired(candidate, verified)) this.#expired.push(candidate.archive);
        // The age of what is closed in the future is not known. Too soon on the remote harms nobody.
      } else if (age >= minimumAgeMs || age < 0) pending.push(candidate);
    }
    this.#log(
      {
        archives: found.candidates.length,
        pending: pending.length,
        expired: this.#expired.length,
        unfinished: found.unfinished,
        closed_in_the_future: future,
      },
      'archives found',
    );
    for (let from = 0; from < pending.length; from += BATCH_ARCHIVES) {
      this.#options.signal?.throwIfAborted();
      const batch = pending.slice(from, from + BATCH_ARCHIVES);
      const verified = await this.#uploadBatch(batch.map((candidate) => candidate.archive));
      this.#expired.push(
        ...batch
          .filter((one) => verified.has(one.archive.path) && expired(one, now))
          .map((one) => one.archive),
      );
      this.#log({ done: from + batch.length, pending: pending.length }, 'archives uploaded');
    }
  }

  async deleteExpired(): Promise<void> {
    const { dataRoot, remote, signal } = this.#options;
    for (let from = 0; from < this.#expired.length; from += BATCH_ARCHIVES) {
      const results = await cleanUp(this.#expired.slice(from, from + BATCH_ARCHIVES), {
        dataRoot,
        remote,
        disk: this.#disk,
        uploadId: this.#id,
        depth: deletionDepth(this.#readBack),
        ...(signal === undefined ? {} : { signal }),
      });
      for (const { file, deleted, error, by } of results) {
        this.#set(file, { verified: error === null, deleted_locally: deleted, error, by });
        this.#log({ path: file.path, deleted, error }, deleted ? 'archive deleted' : 'not deleted');
      }
    }
  }

  async pruneManifests(): Promise<void> {
    const { dataRoot, manifestRetentionMs, signal } = this.#options;
    if (manifestRetentionMs === undefined) return;
    const what = {
      dataRoot,
      disk: this.#disk,
      retentionMs: manifestRetentionMs,
      now: this.#startedAt.getTime(),
      ...(signal === undefined ? {} : { signal }),
    };
    const deleted = (await pruneManifests(what)) + (await pruneArchiveRecords(what));
    if (deleted > 0) this.#log({ deleted }, 'old manifests deleted');
  }

  fail(error: unknown): void {
    this.#errors.push(redactText(messageOf(error)));
  }

  async finish(): Promise<UploadManifest> {
    const { dataRoot, remote, provenance, minimumAgeMs, retentionMs } = this.#options;
    const files = [...this.#files.values()];
    const failed = this.#errors.length > 0 || files.some((file) => !file.verified);
    const status = failed
      ? 'UPLOAD_FAILED'
      : files.length === 0
        ? 'NOTHING_TO_UPLOAD'
        : 'UPLOAD_VERIFIED';
    const manifest = uploadManifest.parse({
      schema: 'orderbooks.upload-manifest.v1',
      upload_id: this.#id,
      status,
      // No file is no proof: a gate must not pass on it.
      gate_status: status === 'UPLOAD_VERIFIED' ? 'PASS' : 'FAIL',
      remote: { type: remote.type, target: remote.target },
      git_sha: provenance.git_sha,
      image: provenance.image,
      config_sha256: provenance.config_sha256,
      pod: provenance.pod,
      started_at: this.#startedAt.toISOString(),
      finished_at: this.#now().toISOString(),
      minimum_age_ms: minimumAgeMs,
      retention_ms: retentionMs,
      read_back: this.#readBack,
      files,
      errors: this.#errors,
    } satisfies UploadManifest);
    const path = join(dataRoot, UPLOAD_MANIFEST_FOLDER, `${this.#id}.json`);
    await replaceFile(this.#disk, path, `${JSON.stringify(manifest, null, 2)}\n`);
    return manifest;
  }

  /** Paths of the archives that are verified now, with their manifests. */
  async #uploadBatch(archives: readonly UploadFile[]): Promise<ReadonlySet<string>> {
    const { dataRoot, remote, signal } = this.#options;
    const pairs: (readonly [archive: UploadFile, manifest: UploadFile])[] = [];
    for (const archive of archives) {
      const problem = await localProblem(dataRoot, archive, signal);
      this.#set(archive, {
        verified: false,
        error: problem ?? 'interrupted before it was verified',
      });
      if (problem === null) pairs.push([archive, await manifestFile(dataRoot, archive)]);
    }
    const files = pairs.flat();
    for (const file of files) {
      this.#set(file, { verified: false, error: 'interrupted before it was verified' });
    }
    const copyError = await this.#copy(files);
    this.#log({ files: files.length, remote: remote.type }, 'copied; verifying the copies');
    const { by, results } = await remote.verify(files, uploadDepth(this.#readBack));
    for (const file of files) {
      const error = results.get(file.path);
      const wrong = error === undefined ? 'the remote gave no answer for the copy' : error;
      this.#set(file, { verified: wrong === null, error: wrong, by });
    }
    const verified = new Set<string>();
    for (const [archive, manifest] of pairs) {
      if (results.get(archive.path) !== null || results.get(manifest.path) !== null) {
        await forgetVerified(this.#disk, dataRoot, archive.path);
        continue;
      }
      await recordVerified(this.#disk, dataRoot, archive, remote, {
        id: this.#id,
        at: this.#now(),
        by,
      });
      verified.add(archive.path);
    }
    if (copyError !== null) {
      // A remote that took nothing would refuse the next archives too, one long wait after the other.
      if (verified.size === 0) throw copyError;
      this.fail(copyError);
    }
    return verified;
  }

  /** What was copied before a failure counts: each file is looked at on the remote whatever became of the others. */
  async #copy(files: readonly UploadFile[]): Promise<Error | null> {
    const { remote, signal } = this.#options;
    try {
      await remote.copy(files);
      return null;
    } catch (error) {
      if (signal?.aborted || !(error instanceof UploadError)) throw error;
      return error;
    }
  }

  #set(
    file: UploadFile,
    result: {
      readonly verified: boolean;
      readonly deleted_locally?: boolean;
      readonly error: string | null;
      readonly by?: string;
    },
  ): void {
    const { path, bytes, sha256, remotePath } = file;
    this.#files.set(path, {
      path,
      bytes,
      sha256,
      remote_path: remotePath,
      verified: result.verified,
      deleted_locally: result.deleted_locally ?? false,
      ...(result.verified && result.by !== undefined ? { verified_by: result.by } : {}),
      ...(result.error === null ? {} : { error: redactText(result.error) }),
    });
  }

  #log(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.#options.log?.(fields, message);
  }
}
