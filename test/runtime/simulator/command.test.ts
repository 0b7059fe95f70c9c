import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FAULT_NAMES, FAULTS } from '../../../runtime/simulator/fault-catalogue.ts';
import { frameDigest, Ledger, type LedgerRecord } from '../../../runtime/simulator/ledger.ts';
import { Client } from './client.ts';
import { getJson } from './scene.ts';

const DOCS = fileURLToPath(new URL('../../../docs/soak.md', import.meta.url));
const MAIN = fileURLToPath(new URL('../../../runtime/simulator/main.ts', import.meta.url));
const children: ChildProcess[] = [];
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orderbooks-simulate-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
  await rm(folder, { recursive: true, force: true });
});

interface Run {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly errors: () => string;
  /** The first line of standard output, or all of standard error when it ends before that. */
  readonly ready: Promise<string>;
  readonly exit: Promise<number | null>;
}

function simulate(...args: string[]): Run {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let out = '';
  let errors = '';
  const first = Promise.withResolvers<string>();
  child.stdout?.on('data', (chunk) => {
    out += String(chunk);
    if (out.includes('\n')) first.resolve(out.slice(0, out.indexOf('\n')));
  });
  child.stderr?.on('data', (chunk) => {
    errors += String(chunk);
  });
  const exit = once(child, 'close').then(([code]) => {
    first.reject(new Error(`ended before it was ready: ${errors}`));
    return code as number | null;
  });
  first.promise.catch(() => undefined);
  return { child, out: () => out, errors: () => errors, ready: first.promise, exit };
}

function otherAddress(): string {
  const found = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal);
  return found?.address ?? '127.0.0.2';
}

interface Ready {
  readonly gammaUrl: string;
  readonly websocketUrl: string;
  readonly controlUrl: string;
  readonly windowScale: number;
}

describe('npm run simulate', () => {
  it('listens on every address when asked to, as in a cluster', async () => {
    const run = simulate('--host', '0.0.0.0');
    const { controlUrl } = JSON.parse(await run.ready) as Ready;
    // Whatever address this machine has beside 127.0.0.1; Linux has all of 127/8.
    const other = controlUrl.replace('127.0.0.1', otherAddress());
    expect(await getJson(`${other}/health`)).toMatchObject({ status: 'ok', controlUrl });
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('serves, and ends cleanly on %s', async (signal) => {
    const ledgerFile = join(folder, 'ledger.jsonl');
    const run = simulate('--seed', 's', '--window-scale', '0.1', '--ledger', ledgerFile);
    const ready = JSON.parse(await run.ready) as Ready;
    expect(ready.windowScale).toBe(0.1);
    expect(await getJson(`${ready.controlUrl}/health`)).toMatchObject({ seed: 's' });
    const [event] = (await getJson(`${ready.gammaUrl}/events?closed=false&limit=1`)) as {
      readonly markets: readonly { readonly clobTokenIds: string }[];
    }[];
    const client = await Client.connect(ready.websocketUrl);
    client.subscribe(JSON.parse(event?.markets[0]?.clobTokenIds ?? '[]'));
    await client.next();
    run.child.kill(signal);
    expect(await run.exit).toBe(0);
    await client.closed;

    expect(run.out().trim().split('\n')).toHaveLength(1);
    expect(run.errors()).toMatch(/^simulator ready: Gamma http/);
    const ledger = new Ledger();
    for (const line of (await readFile(ledgerFile, 'utf8')).trim().split('\n')) {
      ledger.sink(JSON.parse(line) as LedgerRecord);
    }
    const [connection] = ledger.connections;
    expect(connection?.close).toMatchObject({ ended: 'shutdown' });
    expect(connection?.frames.map((frame) => frame.sha256).slice(0, client.frames.length)).toEqual(
      client.frames.map(frameDigest),
    );
  });

  it.each([
    [['--bogus'], 2, "unknown option '--bogus'"],
    [['--rate', 'fast'], 2, 'expected a number'],
    [['--disconnect-every', '30'], 2, 'expected a duration such as 500ms'],
    [['--window-scale', '0.0011'], 2, 'windowScale: must leave windows of whole seconds'],
    [['--replay-pace', 'slow'], 2, 'replayPace'],
    [['--schedule', '/no/such/file.yaml'], 2, 'SIMULATOR_SCHEDULE_INVALID'],
    [['--load', '-1'], 2, 'load'],
    [['--replay', '/no/such/file.jsonl'], 1, 'SIMULATOR_REPLAY_UNREADABLE'],
    [['--ledger', '/no/such/folder/ledger.jsonl'], 1, 'SIMULATOR_LEDGER_UNWRITABLE'],
  ])('refuses %j with code %i', async (args, code, message) => {
    const run = simulate(...args);
    expect(await run.exit).toBe(code);
    expect(run.errors()).toContain(message);
    expect(run.out()).toBe('');
  });

  it('says that a port is taken, and by which option to change it', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const run = simulate('--websocket-port', String(port));
    expect(await run.exit).toBe(1);
    expect(run.errors()).toContain(`SIMULATOR_PORT_TAKEN: expected to listen on 127.0.0.1:${port}`);
    expect(run.errors()).toContain('--websocket-port');
    await new Promise((resolve) => server.close(resolve));
  });

  it('explains its options and every fault; so do the docs', async () => {
    const run = simulate('--help');
    expect(await run.exit).toBe(0);
    expect(run.out()).toContain('--disconnect-every <duration>');
    const docs = await readFile(DOCS, 'utf8');
    for (const name of FAULT_NAMES) {
      expect(run.out()).toContain(`  ${name} `);
      expect(docs).toContain(`| \`${name}\` | ${FAULTS[name].kind} |`);
      expect(docs).toContain(FAULTS[name].summary);
    }
  });
});
