import { constants, createGzip, type Gzip } from 'node:zlib';

/** A gzip stream in memory: what goes in comes out compressed, in order, when the call's promise resolves. */
export class Compressor {
  readonly #gzip: Gzip;
  #output: Buffer[] = [];
  #failure: Error | null = null;

  constructor(level: number) {
    this.#gzip = createGzip({ level, chunkSize: OUTPUT_CHUNK_BYTES });
    this.#gzip.on('data', (chunk: Buffer) => this.#output.push(chunk));
    this.#gzip.on('error', (error) => {
      this.#failure = error;
    });
  }

  /** Compresses `bytes`; part of the result may stay inside until the next flush. */
  async write(bytes: Uint8Array): Promise<Buffer[]> {
    await this.#settled((done) => this.#gzip.write(bytes, done));
    return this.#take();
  }

  /** Everything given so far, in a form that can be read even if nothing follows (Z_SYNC_FLUSH). */
  async flush(): Promise<Buffer[]> {
    await this.#settled((done) => this.#gzip.flush(constants.Z_SYNC_FLUSH, () => done(null)));
    return this.#take();
  }

  /** The rest, with gzip's trailer. Nothing can be written afterwards. */
  async finish(): Promise<Buffer[]> {
    await this.#settled((done) => {
      this.#gzip.once('end', () => done(null));
      this.#gzip.end();
    });
    return this.#take();
  }

  /** Frees the memory of a stream that will not be finished. */
  destroy(): void {
    this.#gzip.destroy();
  }

  async #settled(act: (done: (error?: Error | null) => void) => void): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#gzip.once('error', reject);
      act((error) => {
        this.#gzip.removeListener('error', reject);
        if (error) reject(error);
        else resolve();
      });
    });
    if (this.#failure !== null) throw this.#failure;
  }

  #take(): Buffer[] {
    const taken = this.#output;
    this.#output = [];
    return taken;
  }
}

/** One flush of a busy second fits into a few of these. */
const OUTPUT_CHUNK_BYTES = 65_536;
