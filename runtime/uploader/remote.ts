/** A local file and its place on the remote. */
export interface UploadFile {
  /** Relative to the data root. */
  readonly path: string;
  /** Object name relative to the remote's target: the same for every attempt, so that a repeated upload is harmless. */
  readonly remotePath: string;
  readonly bytes: number;
  /** Of the content that must arrive. */
  readonly sha256: string;
}

/** What the remote really holds under one name. */
export type Observed =
  | { readonly sha256: string }
  /** It is not there, or could not be read; `error` says which. */
  | { readonly sha256: null; readonly error: string };

/**
 * How copies are compared: `content` reads every byte of them, which a cloud charges as egress; `hash` asks the remote
 * for the hash it keeps, and reads only what has none.
 */
export type Depth = 'content' | 'hash';

export interface Verification {
  /** What the results rest on: `content`, or the kind of hash that the remote told, such as `md5`. */
  readonly by: string;
  /** An entry for each file, by path: null if its copy is right, else what is wrong with it. */
  readonly results: ReadonlyMap<string, string | null>;
}

/** A place that archives are copied to. */
export interface Remote {
  readonly type: 'rclone' | 'directory';
  readonly target: string;
  /**
   * Copies `files`; what is there already and the same may be left. Rejects with `UploadError` if the copying as a whole
   * failed; single files may still be missing afterwards, which only `verify` finds out.
   */
  copy(files: readonly UploadFile[]): Promise<void>;
  /** Compares the copies with the local files. Rejects if nothing could be found out. */
  verify(files: readonly UploadFile[], depth: Depth): Promise<Verification>;
  /** Reads the objects and hashes them: what a third party sees. The answer has an entry for each name. */
  readBack(remotePaths: readonly string[]): Promise<ReadonlyMap<string, Observed>>;
}
