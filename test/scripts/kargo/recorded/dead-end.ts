import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface DeadEnd {
  /** Environment of git that makes this server answer for every http address. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const NOT_FOUND = 404;

/** Stands for a git server without the repository that is asked for. */
export async function serveNothing(): Promise<DeadEnd> {
  const server = createServer((_request, response) => {
    response.writeHead(NOT_FOUND).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    environment: { http_proxy: `http://127.0.0.1:${port}`, no_proxy: '127.0.0.1' },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
