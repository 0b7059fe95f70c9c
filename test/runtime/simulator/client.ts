import { WebSocket } from 'ws';

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** A websocket client for tests: frames as text in order of arrival, awaited on conditions. */
export class Client {
  readonly frames: string[] = [];
  readonly closed: Promise<Closed>;
  readonly #ws: WebSocket;
  #taken = 0;
  #ended = false;
  #wake: () => void = () => undefined;

  private constructor(ws: WebSocket) {
    this.#ws = ws;
    ws.on('message', (data) => {
      this.frames.push(String(data));
      this.#wake();
    });
    this.closed = new Promise((resolve) => {
      ws.on('close', (code, reason) => {
        this.#ended = true;
        resolve({ code, reason: String(reason) });
        this.#wake();
      });
    });
    ws.on('error', () => undefined);
  }

  static async connect(url: string): Promise<Client> {
    const ws = new WebSocket(url, { perMessageDeflate: false });
    const client = new Client(ws);
    await new Promise<void>((resolve, reject) => {
      ws.once('open', () => resolve());
      ws.once('error', reject);
    });
    return client;
  }

  get localPort(): number {
    return (this.#ws as unknown as { _socket: { localPort: number } })._socket.localPort;
  }

  send(frame: string | object): void {
    this.#ws.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  subscribe(tokens: readonly string[], custom = false): void {
    this.send({ assets_ids: tokens, type: 'market', custom_feature_enabled: custom });
  }

  /** The next frame that was not taken yet. */
  async next(): Promise<string> {
    await this.until(() => this.frames.length > this.#taken);
    const frame = this.frames[this.#taken++];
    if (frame === undefined) throw new Error('a frame was counted that is not there');
    return frame;
  }

  /** Everything that came before the answer to a PING sent now; a PONG waits behind all data. */
  async settle(): Promise<string[]> {
    const before = this.frames.length;
    this.send('PING');
    await this.until(() => this.frames.indexOf('PONG', before) !== -1);
    const frames = this.frames.slice(this.#taken).filter((frame) => frame !== 'PONG');
    this.#taken = this.frames.length;
    return frames;
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.#ended) throw new Error('the connection ended before the awaited frames came');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  pauseReading(): void {
    this.#ws.pause();
  }

  resumeReading(): void {
    this.#ws.resume();
  }

  /** Ends without a closing handshake. */
  terminate(): void {
    this.#ws.terminate();
  }
}
