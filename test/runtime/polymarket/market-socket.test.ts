import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { MarketSocket, type SocketEnd } from '../../../runtime/polymarket/market-socket.ts';
import { feedServer, until } from '../recorder/feed-server.ts';

let server: { close(): Promise<void> };
afterEach(() => server.close());

/** Sends `bytes` past the websocket library, and from then on reads nothing: a close frame gets no answer. */
async function endAfter(bytes: Buffer): Promise<SocketEnd> {
  const feed = await feedServer(undefined, (client) => {
    client.socket.pause();
    client.tcp.write(bytes);
  });
  server = feed;
  return await endOf(feed.url, 20_000);
}

/** A server that writes `piece` again and again, a few bytes of an answer that never is whole. */
async function trickle(beginning: string, piece: string): Promise<string> {
  const sockets = new Set<Socket>();
  const listening = createServer((socket) => {
    sockets.add(socket);
    socket.write(beginning);
    const timer = setInterval(() => socket.write(piece), 10);
    socket.on('error', () => undefined).on('close', () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  server = {
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => listening.close(() => resolve()));
    },
  };
  return `ws://127.0.0.1:${portOf(listening)}/`;
}

function portOf(listening: Server): number {
  const address = listening.address();
  if (address === null || typeof address === 'string') throw new Error('there is no port');
  return address.port;
}

async function endOf(url: string, handshakeTimeoutMs: number): Promise<SocketEnd> {
  const ends: SocketEnd[] = [];
  new MarketSocket(
    { url, userAgent: 'test', handshakeTimeoutMs, maxFrameBytes: 1_000 },
    {
      open: () => undefined,
      frame: () => undefined,
      binary: () => undefined,
      end: (end) => ends.push(end),
    },
  );
  await until('the end', () => ends.length > 0);
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

describe('an answer to the handshake that trickles', () => {
  it('ends with the time limit over the whole of it', async () => {
    const url = await trickle('HTTP/1.1 101 Switching Protocols\r\nx-filling: ', 'x');
    expect(await endOf(url, 200)).toMatchObject({
      kind: 'refused',
      detail: 'no whole answer to the handshake within 200 ms',
    });
  });

  it('is a refusal as soon as it says so, however long its page may take', async () => {
    const url = await trickle('HTTP/1.1 503 Busy\r\ncontent-length: 1000000\r\n\r\n', 'x');
    expect(await endOf(url, 20_000)).toMatchObject({
      kind: 'refused',
      status: 503,
      detail: expect.stringMatching(/^handshake answered with status 503: x+$/),
    });
  });
});
