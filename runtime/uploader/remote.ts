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

/** A place that archives are copied to. */
export interface Remote {
  readonly type: 'rclone' | 'directory';
  readonly target: string;
  /**
   * Copies `files`; what is there already and the same may be left. Rejects with `UploadError` if the copying as a whole
   * failed; single files may still be missing afterwards, which only `verify` finds out.
   */
  copy(files: readonly UploadFile[]): Promise<void>;
  /**
   * Reads the copies and compares them with `sha256`. The answer has an entry for each file: null if it is right, else
   * what is wrong with it. Rejects if nothing could be found out.
   */
  verify(files: readonly UploadFile[]): Promise<ReadonlyMap<string, string | null>>;
  /** Reads the objects and hashes them: what a third party sees. The answer has an entry for each name. */
  readBack(remotePaths: readonly string[]): Promise<ReadonlyMap<string, Observed>>;
}
