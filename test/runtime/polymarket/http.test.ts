import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createHttpClient,
  type HttpAnswer,
  KEPT_OF_BROKEN_BYTES,
  MAX_BODY_BYTES,
} from '../../../runtime/polymarket/http.ts';

let server: Server;
afterEach(async () => {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
});

async function answerOf(listener: RequestListener, timeoutMs = 25_000): Promise<HttpAnswer> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = createHttpClient({ userAgent: 'test', timeoutMs });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return await client.send({ url, method: 'GET' }).finally(() => client.close());
}

describe('a body', () => {
  it('without end is left alone at the limit, and its beginning is kept', async () => {
    let sent = 0;
    const answer = await answerOf((_request, response) => {
      const piece = Buffer.alloc(65_536, '1,');
      const more = () => {
        while (!response.destroyed) {
          sent += piece.length;
          if (!response.write(piece)) break;
        }
      };
      response.on('drain', more);
      response.write('[');
      more();
    });
    expect(answer).toMatchObject({ status: 200, error: expect.stringContaining('BODY_TOO_LARGE') });
    expect(answer.body).toHaveLength(KEPT_OF_BROKEN_BYTES);
    expect(answer.body.slice(0, 5)).toBe('[1,1,');
    expect(sent).toBeLessThan(2 * MAX_BODY_BYTES);
  });

  it('that would inflate to far more than the limit is kept as it came, and says that it is no text', async () => {
    const bomb = gzipSync(`[${' '.repeat(2 * MAX_BODY_BYTES)}]`);
    const answer = await answerOf((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(bomb);
    });
    expect(answer).toMatchObject({ status: 200, error: expect.stringContaining('UTF-8') });
    expect(Buffer.from(answer.invalidBytes ?? []).equals(bomb)).toBe(true);
  });

  it('that trickles ends with the time limit over the whole answer, and what came is kept', async () => {
    const answer = await answerOf((_request, response) => {
      const timer = setInterval(() => response.write('['), 10);
      response.on('close', () => clearInterval(timer));
    }, 300);
    expect(answer).toMatchObject({ status: 200, error: expect.stringContaining('within 300 ms') });
    expect(answer.body).toMatch(/^\[*$/);
  });

  it('with headers without end is no answer', async () => {
    const answer = await answerOf((_request, response) => {
      const { socket } = response;
      socket?.on('error', () => undefined);
      socket?.write('HTTP/1.1 200 OK\r\n');
      const more = () => {
        while (socket?.destroyed === false && socket.write(`x-filling: ${'x'.repeat(1_000)}\r\n`));
      };
      socket?.on('drain', more);
      more();
    });
    expect(answer).toMatchObject({ status: 0, body: '', error: expect.stringMatching(/header/i) });
  });

  it('of the largest permitted size is whole', async () => {
    const body = 'x'.repeat(MAX_BODY_BYTES);
    const answer = await answerOf((_request, response) => response.end(body));
    expect([answer.error, answer.body === body]).toEqual([null, true]);
  });

  it('that is no UTF-8 is kept with replacements and says so', async () => {
    const answer = await answerOf((_request, response) =>
      response.end(Buffer.from([0x22, 0xff, 0x22])),
    );
    expect(answer).toMatchObject({ body: '"\ufffd"', error: expect.stringContaining('UTF-8') });
  });

  it('of any script, replacement characters and a byte order mark included, is as it was', async () => {
    const body = '\ufeff"ü漢🙂\ufffd"';
    const answer = await answerOf((_request, response) => response.end(body));
    expect(answer).toMatchObject({ body, error: null });
  });
});

it('an answer that is no HTTP is said without a code where there is none', async () => {
  const answer = await answerOf((_request, response) => {
    response.socket?.end('HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n[]');
  });
  expect(answer).toMatchObject({ status: 0, error: expect.stringMatching(/^(?!undefined).*HTTP/) });
});
