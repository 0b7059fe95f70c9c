import { afterEach, describe, expect, it } from 'vitest';
import { MarketSocket, type SocketEnd } from '../../../runtime/polymarket/market-socket.ts';
import { type FeedServer, feedServer, until } from '../recorder/feed-server.ts';

let server: FeedServer;
afterEach(() => server.close());

/** Sends `bytes` past the websocket library, and from then on reads nothing: a close frame gets no answer. */
async function endAfter(bytes: Buffer): Promise<SocketEnd> {
  server = await feedServer(undefined, (client) => {
    client.socket.pause();
    client.tcp.write(bytes);
  });
  const ends: SocketEnd[] = [];
  new MarketSocket(
    { url: server.url, userAgent: 'test', handshakeTimeoutMs: 2_000, maxFrameBytes: 1_000 },
    {
      open: () => undefined,
      frame: () => undefined,
      binary: () => undefined,
      end: (end) => ends.push(end),
    },
  );
  await until('the end', () => ends.length > 0, 5_000);
  const [end] = ends;
  if (end === undefined) throw new Error('there is no end');
  return end;
}

/** A text frame whose header promises `length` bytes. */
function header(length: number): Buffer {
  const bytes = Buffer.from([0x81, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
  bytes.writeBigUInt64BE(BigInt(length), 2);
  return bytes;
}

describe('a broken stream ends at once, whether or not the other side answers a close frame', () => {
  it.each([
    ['a frame of 100 MB', header(104_857_600), 'Max payload size exceeded'],
    ['a text that is no UTF-8', Buffer.from([0x81, 2, 0xff, 0xfe]), 'UTF-8'],
    ['a close reason that is no UTF-8', Buffer.from([0x88, 3, 3, 0xf3, 0xff]), 'UTF-8'],
    ['a frame with reserved bits', Buffer.from([0xf1, 0]), 'RSV'],
  ])('%s', async (_what, bytes, part) => {
    const end = await endAfter(bytes);
    expect(end.kind).toBe('closed');
    expect(end.detail).toContain(part);
  });
});
