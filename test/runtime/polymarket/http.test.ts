import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
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

async function answerOf(listener: RequestListener): Promise<HttpAnswer> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = createHttpClient({ userAgent: 'test', timeoutMs: 10_000 });
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
