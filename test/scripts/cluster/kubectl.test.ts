import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ClusterError } from '../../../scripts/cluster/failure.ts';
import { Kubectl } from '../../../scripts/cluster/kubectl.ts';
import { programError } from '../../../scripts/cluster/program-error.ts';
import { Redaction } from '../../../scripts/cluster/redaction.ts';
import { type Lie, type LyingServer, startLyingServer } from './lying-server.ts';

// kubectl itself, against a server that fails: these are the words that it really says.

const CASES: readonly (readonly [Lie, string])[] = [
  [401, 'UNAUTHORIZED'],
  [403, 'FORBIDDEN'],
  [409, 'CONFLICT'],
  [429, 'TOO_MANY_REQUESTS'],
  [500, 'SERVER_ERROR'],
  ['silence', 'TIME_OUT'],
  ['half', 'BROKEN_ANSWER'],
];
/** kubectl is given 5 s less: one second for the server, and time for a slow machine. */
const TIMEOUT_MS = 6_000;
const MAP = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one', namespace: 'here' } };

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'kubectl-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

describe.each(CASES)('a server that answers %s', (lie, code) => {
  let server: LyingServer;
  beforeAll(async () => {
    server = await startLyingServer(lie);
  });
  afterAll(() => server.close());

  it(`is ${code} to a read and to a write, with advice`, async () => {
    // Discovery is cached in the home folder: one for all.
    const kubectl = new Kubectl({
      kubeconfig: server.kubeconfig,
      signal: new AbortController().signal,
      timeoutMs: lie === 'silence' ? TIMEOUT_MS : 60_000,
      environment: { PATH: process.env['PATH'], HOME: home },
    });
    const [read, write] = await Promise.all([
      failureIn(kubectl.find('configmap', 'one', 'here', z.any())),
      failureIn(kubectl.apply([MAP])),
    ]);
    expect([read.code, write.code]).toEqual([code, code]);
    expect(read.message).toMatch(/^kubectl get .*; .+\.$/s);
  });
});

describe('words of kubectl', () => {
  it('say of a write whose answer was lost that its outcome is not known', () => {
    const kubectl = new Kubectl({ signal: new AbortController().signal });
    const answer = { code: 1, out: '', error: 'Post "https://x": unexpected EOF' };
    expect(kubectl.failed(['apply', '-f', '-'], answer).message).toContain('is not known');
    expect(kubectl.failed(['get', 'pods'], answer).message).not.toContain('is not known');
    expect(kubectl.failed(['apply', '--dry-run=server'], answer).message).not.toContain(
      'is not known',
    );
  });

  it.each([
    ['UPGRADE FAILED: context deadline exceeded', 'TIME_OUT'],
    [
      'Kubernetes cluster unreachable: the server has asked for the client to provide credentials',
      'UNAUTHORIZED',
    ],
    ['secrets is forbidden: User "x" cannot list', 'FORBIDDEN'],
    ['another operation (install/upgrade/rollback) is in progress', 'CONFLICT'],
    [
      'the server has received too many requests and has asked us to try again',
      'TOO_MANY_REQUESTS',
    ],
    ['an error on the server ("") has prevented the request from succeeding', 'SERVER_ERROR'],
    ['Get "https://x": unexpected EOF', 'BROKEN_ANSWER'],
    ['chart requires something', 'PROGRAM_FAILED'],
  ])('of helm are understood too: %s', (said, code) => {
    const answer = { code: 1, out: '', error: `Error: ${said}` };
    const error = programError('helm', ['upgrade', 'kargo'], answer, new Redaction());
    expect(error.code).toBe(code);
  });

  it('leave out what kubectl logs of each of its tries, unless it says nothing else', () => {
    const logged = 'E1121 17:23:14.183636    4859 memcache.go:265] "Unhandled Error" err="refused"';
    const told = (error: string) =>
      programError('kubectl', ['get'], { code: 1, out: '', error }, new Redaction()).message;
    expect(told(`${logged}\n${logged}\nThe connection was refused`)).toMatch(
      /^kubectl get: The connection was refused;/,
    );
    expect(told(logged)).toContain('memcache');
  });

  it('name a context that does not exist', () => {
    const kubectl = new Kubectl({ signal: new AbortController().signal });
    const answer = { code: 1, out: '', error: 'error: context "nowhere" does not exist' };
    expect(kubectl.failed(['get', 'pods'], answer)).toMatchObject({ code: 'CONTEXT_UNKNOWN' });
  });
});

async function failureIn(call: Promise<unknown>): Promise<ClusterError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ClusterError) return error;
    throw error;
  }
  throw new Error('expected a ClusterError, and the call went well');
}
