import { createServer } from 'node:net';
import { OrderbooksError } from '../../../runtime/errors.ts';

const given = new Set<number>();

/**
 * A free port of an address of this machine that this process was not given before. Another program may take it before the one it
 * is meant for does; that one then fails to listen.
 *
 * @throws OrderbooksError NO_FREE_PORT, also for an address that this machine does not have
 */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (;;) {
    const port = await unusedPort(host);
    if (given.has(port)) continue;
    given.add(port);
    return port;
  }
}

function unusedPort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (cause) => {
      const message = `expected a free port on ${host}, seen: ${cause.message}; end programs that hold ports, then try again`;
      reject(new OrderbooksError('NO_FREE_PORT', message, { cause }));
    });
    server.listen(0, host, () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
