import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Faults } from './faults.ts';
import { REFUSALS, type Refusal } from './refusal.ts';

/** Refuses connections and handshakes while a fault says so. */
export class HandshakeFaults {
  readonly #faults: Faults;
  readonly #hanging = new Set<Duplex>();

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  /** True when a new TCP connection was reset. */
  reset(socket: Socket): boolean {
    if (this.#faults.active('refuse') === null) return false;
    socket.resetAndDestroy();
    return true;
  }

  /** True when the handshake was answered with something else than an upgrade, or will never be answered. */
  refuse(socket: Duplex): boolean {
    if (this.#faults.active('handshake-hang') !== null) {
      this.#hanging.add(socket);
      socket.on('close', () => this.#hanging.delete(socket));
      // The client gives up with a reset; nobody else is interested.
      socket.on('error', () => undefined);
      return true;
    }
    const refusal = this.#refusal();
    if (refusal === null) return false;
    socket.on('error', () => undefined);
    socket.end(responseText(refusal));
    return true;
  }

  close(): void {
    for (const socket of this.#hanging) socket.destroy();
  }

  #refusal(): Refusal | null {
    const faults = this.#faults;
    if (faults.active('handshake-403-html') !== null) return REFUSALS['403-html']();
    if (faults.active('handshake-403-1010') !== null) return REFUSALS['403-1010']();
    if (faults.active('handshake-429') !== null) return REFUSALS['429']();
    if (faults.active('handshake-503') !== null) return REFUSALS['503']();
    const later = faults.active('handshake-429-retry-after');
    return later === null ? null : REFUSALS['429-retry-after'](later.seconds);
  }
}

function responseText({ status, reason, type, body, headers }: Refusal): string {
  const lines = Object.entries({
    'Content-Type': type,
    'Content-Length': String(Buffer.byteLength(body)),
    Server: 'cloudflare',
    Connection: 'close',
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${reason}\r\n${lines.join('')}\r\n${body}`;
}
