/** What one injected fault came to. */
export interface Injection {
  /** What was done, in words that repeat it. */
  readonly fault: string;
  /** Of the uploader's run: its status, or how it ended. */
  readonly ended: string;
}

/** A way to inject faults into uploads of one place. */
export interface Family {
  readonly name: string;
  /** Puts an archive into the place, runs the uploader once with a fault, and waits until everything has ended. */
  inject(): Promise<Injection>;
  /** Runs the uploader without a fault. */
  recover(): Promise<void>;
  violations(): Promise<string[]>;
  unfinished(): Promise<string[]>;
  close(): Promise<void>;
}
