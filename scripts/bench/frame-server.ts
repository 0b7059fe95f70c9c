import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

/**
 * Sends each client, on its first message, frames of about 600 bytes: `frames` of them (0: without end), as fast as it
 * reads them or `rate` a second. A process of its own, so that client and server do not share a thread.
 */
const frames = Number(process.argv[2]) || Number.POSITIVE_INFINITY;
const rate = Number(process.argv[3]) || Number.POSITIVE_INFINITY;
/** Bytes in flight to a client before the server waits for it. */
const IN_FLIGHT = 4_194_304;
/** With a rate: how often what is due is sent. */
const EVERY_MS = 5;

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
server.on('connection', (socket) => {
  // The recorder says PING, and closes in its own time.
  socket.on('error', () => socket.terminate());
  socket.once('message', () => {
    const started = performance.now();
    let sent = 0;
    const more = () => {
      const due = Math.min(frames, (rate * (performance.now() - started)) / 1_000 || 0);
      const upTo = rate === Number.POSITIVE_INFINITY ? frames : due;
      while (sent < upTo && socket.bufferedAmount < IN_FLIGHT) socket.send(frame(sent++));
      if (sent >= frames || socket.readyState !== socket.OPEN) return;
      if (rate === Number.POSITIVE_INFINITY) setImmediate(more);
      else setTimeout(more, EVERY_MS);
    };
    more();
  });
});
server.on('listening', () => process.send?.((server.address() as AddressInfo).port));
process.once('disconnect', () => process.exit());

/** A price_change as on the wire, with numbers that vary as they do there. */
function frame(n: number): string {
  const hash = (n * 2_654_435_761).toString(16).padStart(40, 'a').slice(-40);
  const change = (asset: string, side: string) =>
    `{"asset_id":"${asset}","price":"0.${(n % 997) + 1}","size":"${n % 4001}","side":"${side}","hash":"${hash}","best_bid":"0.20${n % 9}","best_ask":"0.21${n % 7}"}`;
  return `{"market":"0x7ad403c3508f8e3912940fd1a913f227591145ca0614074208e0b962d5fcc422","price_changes":[${change('16040015440196279900485035793550429453516625694844857319147506590755961451627', 'BUY')},${change('94476829201604408463453426454480212459887267917122244941405244686637914508323', 'SELL')}],"timestamp":"${1_791_125_476_000 + n}","event_type":"price_change"}`;
}
