import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

/**
 * Sends each client, on its first message, the given number of frames of about 600 bytes as fast as it reads them.
 * A process of its own, so that client and server do not share a thread.
 */
const frames = Number(process.argv[2]);
/** Bytes in flight to a client before the server waits for it. */
const IN_FLIGHT = 4_194_304;

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
server.on('connection', (socket) => {
  socket.once('message', () => {
    let sent = 0;
    const more = () => {
      while (sent < frames && socket.bufferedAmount < IN_FLIGHT) socket.send(frame(sent++));
      if (sent < frames && socket.readyState === socket.OPEN) setImmediate(more);
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
  return `{"market":"0x7ad403c3508f8e3912940fd1a913f227591145ca0614074208e0b962d5fcc422","price_changes":[${change('16040015440196279900485035793550429453516625694844857319147506590755961451627', 'BUY')},${change('94476829201608404463453426454480212459887267917122244941405244686637914508323', 'SELL')}],"timestamp":"${1_791_125_476_000 + n}","event_type":"price_change"}`;
}
