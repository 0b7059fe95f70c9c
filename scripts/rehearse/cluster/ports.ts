import { createServer } from 'node:net';
import { OrderbooksError } from '../../../runtime/errors.ts';

const given = new Set<number>();

/**
 * A free port of the loopback interface that this process was not given before. Another program may take it before the one it is
 * meant for does; that one then fails to listen and is restarted.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await unusedPort();
    if (given.has(port)) continue;
    given.add(port);
    return port;
  }
}

function unusedPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (cause) => {
      const message = `no free port on 127.0.0.1 for a pod: ${cause.message}; end programs that hold ports, then try again`;
      reject(new OrderbooksError('NO_FREE_PORT', message, { cause }));
    });
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
