import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runManifest } from '../../../runtime/archive/manifest.ts';
import { readArchive } from '../../../runtime/archive/reader.ts';
import type { CheckpointRow } from '../../../runtime/archive/row.ts';
import { inspect } from '../../../runtime/inspector/inspect.ts';
import { discoveryManifest } from '../../../runtime/polymarket/discovery-manifest.ts';
import { startSimulator } from '../../../runtime/simulator/simulator.ts';
import type { Reply, ScriptedServer } from '../polymarket/gamma-server.ts';
import { until } from '../recorder/feed-server.ts';
import { startProgram } from '../recorder/recorder-process.ts';
import { cyclesOf, filesBelow, startCollector } from './collector-process.ts';
import { askedFor, bookOf, goodBooks, service } from './service.ts';

let root: string;
const servers: { close(): Promise<void> }[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'orderbooks-collector-'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  rmSync(root, { recursive: true, force: true });
});

async function serve(...script: Parameters<typeof service>): Promise<ScriptedServer> {
  const server = await service(...script);
  servers.push(server);
  return server;
}

const json = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8')) as unknown;

/** `orderbooks collect` against a service that answers so; its exit code and its one manifest. */
async function collect(
  books: (body: string, count: number) => Reply,
  overrides: Readonly<Record<string, object>> = {},
) {
  const server = await serve(books);
  const program = startCollector('collect', root, server.url, overrides);
  const { code } = await program.exit;
  const [cycle, ...more] = cyclesOf(root);
  expect(more).toEqual([]);
  if (cycle === undefined) throw new Error(`no cycle: ${program.stdout()} ${program.stderr()}`);
  return { code, cycle };
}

describe('orderbooks collect', () => {
  it('takes one cycle from the simulator: manifest, archive, run manifest, discovery manifest', async () => {
    const simulator = await startSimulator({ seed: 'collector', rate: 5 });
    servers.push(simulator);
    const { gammaUrl, clobUrl } = simulator;
    const program = startCollector('collect', root, '', {
      feed: { gammaUrl, clobUrl },
      discovery: { marketLimit: 3, cadences: ['5m', '15m'] },
      collector: { batchSize: 4 },
    });
    expect(await program.exit).toEqual({ code: 0, signal: null });
    const [cycle] = cyclesOf(root);
    expect(cycle).toMatchObject({
      state: 'completed',
      gate_status: 'PASS',
      reason: null,
      market_limit: 3,
      tokens_requested: 6,
      tokens_answered: 6,
      tokens_unanswered: 0,
      requests: 2,
      rows_written: 2,
      failure_count: 0,
      pod: 'collector-1',
      git_sha: 'a'.repeat(40),
    });
    const report = await inspect({ dataRoot: root });
    expect(report.problems).toEqual([]);
    expect(report.archives).toMatchObject([
      {
        stream: 'rest_snapshots',
        checkpoints: 2,
        good_checkpoints: 2,
        complete: true,
        close_reason: 'shutdown',
        manifest: 'match',
        payload_mismatches: 0,
      },
    ]);
    expect(report.run_manifests.map((run) => runManifest.parse(run))).toMatchObject([
      { component: 'collector', state: 'stopped', market_limit: 3, counters: { cycles_pass: 1 } },
    ]);
    const [discovery] = filesBelow(root, 'discovery', '.json');
    const found = discoveryManifest.parse(json(discovery ?? ''));
    expect(found).toMatchObject({ component: 'collector', market_limit: 3 });
    expect(found.chosen).toHaveLength(3);
    expect(found.left_out.map(({ reason }) => reason)).toContain(
      'the market limit of 3 is taken by others',
    );
  });

  it('fails when one batch has no good answer, and keeps the rows of the others', async () => {
    const { code, cycle } = await collect(
      (body, count) => (count === 0 ? goodBooks(body) : { status: 500, raw: 'x' }),
      { collector: { batchSize: 2, concurrency: 1 }, discovery: { marketLimit: 2 } },
    );
    expect(code).toBe(1);
    expect(cycle).toMatchObject({
      state: 'completed',
      gate_status: 'FAIL',
      tokens_requested: 4,
      tokens_answered: 2,
      tokens_unanswered: 2,
      requests: 3,
      retries: 1,
      rows_written: 3,
      failure_count: 1,
    });
    expect(cycle.reason).toContain('got 500');
  });

  it.each<[string, Reply]>([
    ["Cloudflare's page", { status: 403, raw: '<html>Attention Required!</html>' }],
    ['truncated bodies', { raw: '[{"asset_id', truncate: true }],
    ['silence', { silent: true }],
    ['bodies that drip', { drip: true }],
  ])('fails, with a row for each answer, on nothing but %s', async (_, reply) => {
    const { code, cycle } = await collect(() => reply);
    expect(code).toBe(1);
    expect(cycle).toMatchObject({ state: 'completed', gate_status: 'FAIL', tokens_answered: 0 });
    expect(cycle.rows_written).toBe(cycle.requests);
    expect(cycle.tokens_unanswered).toBe(cycle.tokens_requested);
  });

  it('passes when a refusal with Retry-After is made good, and counts the retry', async () => {
    const { code, cycle } = await collect((body, count) =>
      count === 0 ? { status: 429, headers: { 'retry-after': '0.1' }, body: {} } : goodBooks(body),
    );
    expect(code).toBe(0);
    expect(cycle).toMatchObject({
      gate_status: 'PASS',
      retries: 1,
      failure_count: 0,
      rows_written: 2,
    });
  });

  it('says which tokens were left out, and where their window was', async () => {
    const { code, cycle } = await collect((body) => ({
      body: askedFor(body).slice(1).map(bookOf),
    }));
    expect(code).toBe(0);
    expect(cycle.tokens_omitted).toBe(1);
    expect(cycle.omitted[0]?.slug).toMatch(/^btc-updown-/);
    expect(['before', 'open', 'after']).toContain(cycle.omitted[0]?.window);
  });

  it('fails when no token has a book, and when there is no market', async () => {
    const { cycle } = await collect(() => ({ body: [] }));
    expect(cycle).toMatchObject({ gate_status: 'FAIL', failure_count: 1, rows_written: 1 });
    expect(cycle.reason).toContain('has a book');
    rmSync(join(root, 'manifests'), { recursive: true });
    const server = await serve(goodBooks, () => ({ body: [] }));
    const program = startCollector('collect', root, server.url);
    expect((await program.exit).code).toBe(1);
    expect(cyclesOf(root)).toMatchObject([{ reason: 'no market is chosen', rows_written: 0 }]);
  });

  it('fails when Gamma does, and says so', async () => {
    const server = await serve(goodBooks, () => ({ status: 403, raw: '<html>' }));
    const program = startCollector('collect', root, server.url);
    expect((await program.exit).code).toBe(1);
    const [cycle] = cyclesOf(root);
    expect(cycle?.failures[0]).toContain('discovery: ');
  });

  it('ends by its deadline, and the manifest says so', async () => {
    const { code, cycle } = await collect(() => ({ silent: true }), {
      feed: { requestTimeout: '30s' },
      collector: { cycleDeadline: '400ms' },
    });
    expect(code).toBe(1);
    expect(cycle).toMatchObject({ state: 'expired', gate_status: 'FAIL' });
    expect(cycle.duration_ms).toBeLessThan(10_000);
  });
});

describe('orderbooks collector', () => {
  it('goes on whatever the service does, and writes a manifest for every cycle', async () => {
    const server = await serve((body, count) =>
      count % 3 === 0 ? goodBooks(body) : { status: count % 3 === 1 ? 503 : 403, raw: '<html>' },
    );
    const program = startCollector('collector', root, server.url, { collector: { attempts: 1 } });
    await until('six cycles', () => ended().length >= 6);
    program.child.kill('SIGTERM');
    expect(await program.exit).toEqual({ code: 0, signal: null });
    const cycles = cyclesOf(root);
    expect(cycles.map(({ cycle }) => cycle)).toEqual(cycles.map((_, index) => index + 1));
    expect(cycles.slice(0, 6).map((cycle) => cycle.gate_status)).toEqual([
      'PASS',
      'FAIL',
      'FAIL',
      'PASS',
      'FAIL',
      'FAIL',
    ]);
    const rows = await rowsOf();
    const written = cycles.reduce((sum, cycle) => sum + cycle.rows_written, 0);
    expect(rows.length).toBe(written);
    expect(rows.map((row) => row.sequence)).toEqual(rows.map((_, index) => index));
    expect(new Set(rows.map((row) => row.cycle_id)).size).toBe(cycles.length);
  });

  it('ends the cycle under way on SIGTERM: manifest interrupted, archive closed, exit 0', async () => {
    const server = await serve((body, count) => (count === 0 ? goodBooks(body) : { silent: true }));
    const program = startCollector('collector', root, server.url, {
      feed: { requestTimeout: '30s' },
    });
    await until('the second request', () => bookRequests(server) === 2);
    program.child.kill('SIGTERM');
    expect(await program.exit).toEqual({ code: 0, signal: null });
    const cycles = cyclesOf(root);
    expect(cycles.map(({ state }) => state)).toEqual(['completed', 'interrupted']);
    expect(cycles[1]).toMatchObject({ gate_status: 'FAIL' });
    expect(cycles[1]?.finished_at).not.toBeNull();
    const report = await inspect({ dataRoot: root });
    expect(report.open).toEqual([]);
    expect(report.problems).toEqual([]);
    expect(report.run_manifests).toMatchObject([{ component: 'collector', state: 'stopped' }]);
  });

  it('leaves a manifest when it is killed, and the next run closes it and salvages the archive', async () => {
    const server = await serve((body, count) => (count === 0 ? goodBooks(body) : { silent: true }));
    const slow = { feed: { requestTimeout: '30s' } };
    const killed = startCollector('collector', root, server.url, slow);
    await until('the second request', () => bookRequests(server) === 2);
    killed.child.kill('SIGKILL');
    await killed.exit;
    expect(cyclesOf(root).map(({ state }) => state)).toEqual(['completed', 'running']);
    const next = startCollector('collector', root, server.url, slow);
    await until('the killed cycle to be closed', () => cyclesOf(root)[1]?.state === 'interrupted');
    await until('the salvage', () => filesBelow(root, 'raw_orderbooks', '.gz').length > 0);
    next.child.kill('SIGTERM');
    expect((await next.exit).code).toBe(0);
    const [salvaged] = (await inspect({ dataRoot: root })).archives;
    expect(salvaged).toMatchObject({ close_reason: 'salvaged', checkpoints: 1, complete: true });
  });

  it('serves probes and metrics: ready after a good cycle, with every counter from the start', async () => {
    let good = false;
    const server = await serve((body) => (good ? goodBooks(body) : { status: 500, raw: '' }));
    const program = startCollector('collector', root, server.url);
    const port = () => /"port":(\d+),"msg":"probes/.exec(program.stdout())?.[1];
    await until('the probes', () => port() !== undefined);
    const get = (path: string) => fetch(`http://127.0.0.1:${port()}${path}`);
    await until('a failed cycle', () => ended().length > 0);
    expect((await get('/healthz')).status).toBe(200);
    const early = await get('/readyz');
    expect(early.status).toBe(503);
    expect(await early.text()).toContain('collecting');
    good = true;
    await until('a good cycle', () => ended().some((cycle) => cycle.gate_status === 'PASS'));
    await until('readiness', async () => (await get('/readyz')).status === 200);
    const metrics = await (await get('/metrics')).text();
    for (const name of [
      'cycles_total{result="pass"}',
      'cycles_total{result="fail"}',
      'requests_total{result="failed"}',
      'retries_total',
      'rows_written_total',
      'rows_lost_total',
      'throttled_cycles_total',
      'last_pass_timestamp_seconds',
      'request_duration_seconds_count',
    ]) {
      expect(metrics).toContain(`orderbooks_collector_${name} `);
    }
    expect(metrics).toContain('orderbooks_build_info{');
    program.child.kill('SIGTERM');
    expect((await program.exit).code).toBe(0);
  });

  it('ends with 2 on a wrong configuration, before any connection', async () => {
    const program = startProgram(['collector', '--config=/nowhere.yaml', `--data=${root}`]);
    expect((await program.exit).code).toBe(2);
    const server = await serve(goodBooks);
    const wrong = startCollector('collector', root, server.url, { collector: { batchSize: 501 } });
    expect((await wrong.exit).code).toBe(2);
    expect(wrong.stderr()).toContain('collector.batchSize');
    expect(server.requests).toEqual([]);
  });
});

const ended = () => cyclesOf(root).filter(({ state }) => state !== 'running');

const bookRequests = (server: ScriptedServer) =>
  server.requests.filter(({ path }) => path === '/books').length;

async function rowsOf(): Promise<CheckpointRow[]> {
  const rows: CheckpointRow[] = [];
  for (const path of filesBelow(root, 'raw_orderbooks', '.jsonl.gz')) {
    await readArchive(join(root, path), {
      onRows: (read) => {
        for (const { row } of read) if (row.type === 'checkpoint') rows.push(row);
      },
    });
  }
  return rows;
}
