import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runManifest } from '../../runtime/archive/manifest.ts';
import { startSimulator } from '../../runtime/simulator/simulator.ts';
import { until } from './recorder/feed-server.ts';
import { startProgram, startRecorder } from './recorder/recorder-process.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'orderbooks-main-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const program = startProgram(args, environment);
  const exit = await program.exit;
  return { code: exit.code, stdout: program.stdout(), stderr: program.stderr() };
}

const COMMANDS = [
  'recorder',
  'collector',
  'collect',
  'upload',
  'inspect',
  'verify',
  'evidence',
  'simulate',
];

describe('the command line', () => {
  it('lists its commands and exit codes', async () => {
    const { code, stdout } = await run(['--help']);
    expect(code).toBe(0);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
    expect(stdout).toContain('Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.');
  });

  it.each(['recorder', 'collector', 'collect', 'upload', 'inspect', 'verify'])(
    'explains %s with an example',
    async (command) => {
      const { code, stdout } = await run([command, '--help']);
      expect(code).toBe(0);
      expect(stdout).toContain(`$ orderbooks ${command} --`);
    },
  );

  it('explains simulate with the options of the simulator', async () => {
    const { code, stdout } = await run(['simulate', '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('--seed');
  });

  it.each([
    [['recorder', '--data=/tmp/x'], /required option '--config <file>'/],
    [['recorder', '--config=x', '--data=relative'], /expected an absolute path, got "relative"/],
    [['recrder'], /unknown command 'recrder'/],
    [['recorder', '--config=x', '--data=/x', '--dta=/x'], /unknown option '--dta=\/x'/],
    [['simulate', '--rate=fast'], /rate/],
    [['verify', '--gate=ws-smoke'], /required option/],
  ])('ends with 2 for wrong usage: %s', async (args, text) => {
    const { code, stderr, stdout } = await run(args);
    expect(stderr).toMatch(text);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

describe('orderbooks recorder', () => {
  it('ends with 2 for a wrong configuration, before it opens anything', async () => {
    const config = join(folder, 'wrong.yaml');
    const data = join(folder, 'never');
    writeFileSync(config, 'discovery:\n  market_limit: 2\n');
    const { code, stderr, stdout } = await run([
      'recorder',
      `--config=${config}`,
      `--data=${data}`,
    ]);
    expect(code).toBe(2);
    expect(stderr).toBe(
      `orderbooks: CONFIG_INVALID: ${config}:2:17: discovery.market_limit: unknown key (value 2); did you mean "marketLimit"?\n`,
    );
    expect(stdout).toBe('');
    expect(existsSync(data)).toBe(false);
  });

  it('ends with 2 for overrides that are no JSON', async () => {
    const config = join(folder, 'empty.yaml');
    writeFileSync(config, '');
    const { code, stderr } = await run(['recorder', `--config=${config}`, `--data=${folder}`], {
      ORDERBOOKS_CONFIG_OVERRIDES: '{',
    });
    expect(code).toBe(2);
    expect(stderr).toContain('ORDERBOOKS_CONFIG_OVERRIDES: expected a JSON object');
  });

  it('ends with 1 when its port is taken, and says which', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, resolve));
    const { port } = server.address() as AddressInfo;
    const config = join(folder, 'port.yaml');
    writeFileSync(config, `http: {port: ${port}}\n`);
    const { code, stderr } = await run(['recorder', `--config=${config}`, `--data=${folder}`]);
    server.close();
    expect(code).toBe(1);
    expect(stderr).toContain(`PROBE_PORT_UNAVAILABLE: expected to listen on port ${port}`);
  });

  it('ends with 2 when the data root can be no folder, and says what to do', async () => {
    const config = join(folder, 'unwritable.yaml');
    writeFileSync(config, 'http: {port: 0}\n');
    for (const command of ['recorder', 'collector']) {
      for (const data of [config, `${config}/data`]) {
        const { code, stderr } = await run([command, `--config=${config}`, `--data=${data}`]);
        expect(stderr).toContain(`DATA_ROOT_UNUSABLE: --data=${data}: expected a folder`);
        expect(stderr).not.toContain('    at ');
        expect(code).toBe(2);
      }
    }
  });

  it('becomes ready, serves probes and metrics, prints the configuration it runs with, and ends on SIGTERM', async () => {
    const data = mkdtempSync(join(folder, 'ready-'));
    const simulator = await startSimulator({ rate: 50 });
    const recorder = await startRecorder({ dataRoot: data, feed: simulator });
    try {
      await until('readiness', async () => (await fetch(`${recorder.url}/readyz`)).status === 200);
      expect((await fetch(`${recorder.url}/healthz`)).status).toBe(200);
      await until(
        'data',
        async () => (await recorder.metric('orderbooks_recorder_data_frames_total')) > 0,
      );
      recorder.child.kill('SIGTERM');
      expect(await recorder.exit).toEqual({ code: 0, signal: null });
      expect(recorder.stderr()).toBe('');
      const lines = recorder
        .stdout()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(lines[0]).toMatchObject({
        msg: 'effective configuration',
        configuration: { discovery: { interval: 500 } },
      });
      expect(lines[1]).toMatchObject({ level: 'warn', msg: expect.stringContaining('OVERRIDES') });
      const [file] = readdirSync(join(data, 'manifests/runs'));
      const manifest = runManifest.parse(
        JSON.parse(readFileSync(join(data, 'manifests/runs', file ?? ''), 'utf8')),
      );
      expect(manifest.state).toBe('stopped');
      expect(manifest.config_sha256).toBe(lines[0].provenance.config_sha256);
    } finally {
      recorder.child.kill('SIGKILL');
      await simulator.close();
    }
  });

  it('stays alive and not ready while nothing can be reached, and ends on SIGINT', async () => {
    const data = mkdtempSync(join(folder, 'alone-'));
    const nowhere = 'http://127.0.0.1:9';
    const recorder = await startRecorder({
      dataRoot: data,
      feed: { gammaUrl: nowhere, clobUrl: nowhere, websocketUrl: 'ws://127.0.0.1:9' },
    });
    await until(
      'some failures',
      async () => (await recorder.metric('orderbooks_recorder_discovery_failures_total')) >= 2,
    );
    expect((await fetch(`${recorder.url}/healthz`)).status).toBe(200);
    const ready = await fetch(`${recorder.url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.text()).toContain('no connection is open');
    recorder.child.kill('SIGINT');
    expect(await recorder.exit).toEqual({ code: 0, signal: null });
  });

  it('ends at once on a second signal and says so', async () => {
    const data = mkdtempSync(join(folder, 'twice-'));
    // It takes the connection and never answers the close frame, so that stopping lasts.
    const silent = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (head) => {
        const key = /sec-websocket-key: (.*)\r\n/i.exec(head.toString())?.[1] ?? '';
        socket.write(handshake(key));
      });
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const simulator = await startSimulator({ rate: 50 });
    const port = (silent.address() as AddressInfo).port;
    const recorder = await startRecorder({
      dataRoot: data,
      feed: { ...simulator, websocketUrl: `ws://127.0.0.1:${port}/` },
    });
    try {
      await until(
        'the connection',
        async () => (await recorder.metric('orderbooks_recorder_connections_open')) === 1,
      );
      recorder.child.kill('SIGTERM');
      await until('the first signal', () => recorder.stdout().includes('"msg":"stopping"'));
      recorder.child.kill('SIGTERM');
      expect((await recorder.exit).code).toBe(1);
      expect(recorder.stderr()).toContain('second signal (SIGTERM): ends at once');
    } finally {
      recorder.child.kill('SIGKILL');
      await simulator.close();
      silent.close();
    }
  });
});

function handshake(key: string): string {
  const accept = createHash('sha1')
    .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  return `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`;
}
