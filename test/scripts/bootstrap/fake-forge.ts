import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeForge {
  readonly base: string;
  /** Each request so far: method, path, body. */
  readonly requests: readonly { readonly line: string; readonly body: string }[];
  close(): Promise<void>;
}

/** What it does instead of working: a status (its body repeats what was sent), no answer, half of one, or this one. */
export type ForgeFault = number | 'silence' | 'half' | object;

/** Both forges' endpoints for one repository, kept in memory; `publicKey` makes it GitHub. */
export async function startForge(
  publicKey: string,
  fault: (line: string) => ForgeFault | null = () => null,
): Promise<FakeForge> {
  const variables = new Map<string, string>();
  const secrets = new Set<string>();
  const requests: { line: string; body: string }[] = [];
  let there = false;
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const line = `${request.method} ${(request.url ?? '').split('?')[0]?.replace('/api/v1', '')}`;
    requests.push({ line, body });
    const answer = (status: number, value: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(status === 204 ? undefined : JSON.stringify(value));
    };
    const broken = fault(line);
    if (broken === 'silence') return;
    if (broken === 'half') {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"value":"hal');
      response.socket?.end();
      return;
    }
    if (typeof broken === 'object' && broken !== null) return answer(200, broken);
    if (broken !== null)
      return answer(broken, { message: `${body} ${request.headers.authorization}` });
    const [, kind, name] =
      /^\w+ \/repos\/data\/orderbooks\/actions\/(\w+)\/?(.*)$/.exec(line) ?? [];
    if (line === 'GET /user') return answer(200, { login: 'somebody' });
    if (line === 'GET /repos/data/orderbooks') return answer(there ? 200 : 404, {});
    if (line === 'POST /orgs/data/repos' || line === 'POST /user/repos') {
      there = true;
      return answer(201, {});
    }
    if (name === 'public-key') return answer(200, { key_id: '1', key: publicKey });
    if (kind === 'secrets' && request.method === 'GET') {
      const list = [...secrets].map((one) => ({ name: one }));
      return answer(200, request.url?.startsWith('/api/v1') ? list : { secrets: list });
    }
    if (kind === 'secrets' && name !== undefined) {
      secrets.add(name);
      return answer(204, null);
    }
    if (kind === 'variables' && request.method === 'GET') {
      const value = variables.get(name ?? '');
      return value === undefined ? answer(404, {}) : answer(200, { value, data: value });
    }
    if (kind === 'variables') {
      const given = JSON.parse(body);
      variables.set(name === '' ? given.name : (name ?? ''), given.value);
      return answer(201, {});
    }
    answer(404, {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('utf8');
}
