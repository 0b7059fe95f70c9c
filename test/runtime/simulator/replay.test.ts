import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Ledger } from '../../../runtime/simulator/ledger.ts';
import { type ReplayFrame, replayFrames } from '../../../runtime/simulator/replay.ts';
import { startSimulator } from '../../../runtime/simulator/simulator.ts';
import { describeWithShared, sharedPath } from '../../shared.ts';
import { scenes } from './scene.ts';

const scene = scenes();
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orderbooks-replay-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function read(path: string): Promise<ReplayFrame[]> {
  const frames: ReplayFrame[] = [];
  for await (const frame of replayFrames(path)) frames.push(frame);
  return frames;
}

const ARCHIVE = [
  { type: 'segment', schema: 'orderbooks.archive.v1', stream: 'ws_raw', segment: 1 },
  { type: 'gap', sequence: 0, reason: 'start', raw_text: 'never served' },
  { type: 'frame', sequence: 1, received_at: '2026-11-21T10:00:00.000001Z', raw_text: '[]\n' },
  { type: 'frame', sequence: 2, received_at: '2026-11-21T10:00:01.500Z', raw_text: 'PONG' },
  { type: 'checkpoint', sequence: 3, raw_text: '[{"market":"of a checkpoint"}]' },
  {
    type: 'frame',
    sequence: 4,
    received_at: '2026-11-21T10:00:02Z',
    raw_text: '{"é": "\u2028 \r"}',
  },
  { type: 'end', rows: 4 },
];

describe('recorded frames', () => {
  it('are the lines themselves, to the byte', async () => {
    const lines = [
      '{"market":"m", "timestamp":"1778204225252", "odd" : [1,  2]}',
      '[]',
      'PONG',
      '{"broken":',
      '{"text with": "\u2028 and \r inside"}',
    ];
    const frames = await read(await file('plain.jsonl', `${lines.join('\n')}\n\n`));
    expect(frames.map((frame) => frame.text)).toEqual(lines);
    expect(frames.map((frame) => frame.at)).toEqual([1_778_204_225_252, null, null, null, null]);
  });

  it('are the raw_text of our archives, unpacked, with their time of receipt', async () => {
    const content = ARCHIVE.map((row) => `${JSON.stringify(row)}\n`).join('');
    const frames = await read(await file('ws_raw.jsonl.gz', gzipSync(content)));
    expect(frames).toEqual([
      { text: '[]\n', at: Date.parse('2026-11-21T10:00:00Z') },
      { text: 'PONG', at: Date.parse('2026-11-21T10:00:01.500Z') },
      { text: '{"é": "\u2028 \r"}', at: Date.parse('2026-11-21T10:00:02Z') },
    ]);
  });

  it('are what other captures received, not what they sent', async () => {
    const records = [
      { t: 1791124648.5, kind: 'sent', text: 'PING', binary: false },
      { t: 1791124648.7, kind: 'recv', text: 'PONG', binary: false },
      { t: 1791124648.8, kind: 'recv', text: 'AAAA', binary: true },
      { t: 1791124648.9, kind: 'note', text: 'something' },
    ];
    const content = records.map((record) => JSON.stringify(record)).join('\n');
    expect(await read(await file('capture.jsonl', content))).toEqual([
      { text: 'PONG', at: 1_791_124_648_700 },
    ]);
  });

  it.each([
    ['is not there', 'absent.jsonl', null, 'SIMULATOR_REPLAY_UNREADABLE'],
    ['is no gzip', 'bad.gz', 'plain text', 'SIMULATOR_REPLAY_UNREADABLE'],
    [
      'is torn',
      'torn.gz',
      gzipSync('[]\n'.repeat(10_000)).subarray(0, 30),
      'SIMULATOR_REPLAY_UNREADABLE',
    ],
    ['holds no frames', 'empty.jsonl', '\n\n', 'SIMULATOR_REPLAY_EMPTY'],
  ])('stop the start when the file %s, and name it', async (_why, name, content, code) => {
    const path = content === null ? join(folder, name) : await file(name, content);
    await expect(startSimulator({ replay: [path] })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(name),
    });
  });
});

describe('replay', () => {
  it('serves every file in order to each connection from its first frame, whatever it subscribes to', async () => {
    const one = await file('one.jsonl', 'a\nb\n');
    const two = await file('two.jsonl', 'c\n');
    const ledger = new Ledger();
    const { connect } = await scene({
      replay: [one, two],
      replayPace: 'fast',
      ledger: ledger.sink,
    });
    for (const tokens of [['1'], []]) {
      const client = await connect();
      client.subscribe(tokens);
      expect([await client.next(), await client.next(), await client.next()]).toEqual([
        'a',
        'b',
        'c',
      ]);
      expect(await client.settle()).toEqual([]);
    }
    expect(ledger.connections.map((connection) => connection.frames.length)).toEqual([4, 4]);
  });

  it('does not start twice on a connection that subscribes again', async () => {
    const path = await file('one.jsonl', 'a\n');
    const { connect } = await scene({ replay: [path], replayPace: 'fast' });
    const client = await connect();
    client.subscribe(['1']);
    expect(await client.next()).toBe('a');
    client.send({ operation: 'subscribe', assets_ids: ['2'] });
    expect(await client.settle()).toEqual([]);
  });

  it('keeps the recorded pauses', async () => {
    const rows = ARCHIVE.map((row) => JSON.stringify(row)).join('\n');
    const path = await file('rows.jsonl', rows);
    const { connect, clock } = await scene({ replay: [path] });
    const client = await connect();
    client.subscribe(['1']);
    expect(await client.next()).toBe('[]\n');
    expect(await client.settle()).toEqual([]);
    clock.advance(1499);
    expect(await client.settle()).toEqual([]);
    clock.advance(1);
    await client.until(() => client.frames.filter((frame) => frame === 'PONG').length === 3);
    clock.advance(500);
    await client.until(() => client.frames.at(-1) === '{"é": "\u2028 \r"}');
  });

  it('serves more than fits into the socket at once without loss and without closing', async () => {
    const lines = Array.from(
      { length: 20_000 },
      (_, index) => `{"index":${index},"pad":"${'x'.repeat(200)}"}`,
    );
    const path = await file('many.jsonl', lines.join('\n'));
    const { connect } = await scene({
      replay: [path],
      replayPace: 'fast',
      slowConsumerBytes: 1024 * 1024,
    });
    const client = await connect();
    client.subscribe(['1']);
    await client.until(() => client.frames.length === lines.length);
    expect(client.frames).toEqual(lines);
  });
});

describeWithShared('replay of real captures', 'fixtures/polymarket', () => {
  it.each(['real_frames_2026-10-04.jsonl', 'ws_book_2026-04-09.jsonl', 'ws_book_2026-05-08.jsonl'])(
    'sends %s byte for byte',
    async (name) => {
      const path = sharedPath(`fixtures/polymarket/${name}`);
      const lines = (await readFile(path, 'utf8')).split('\n').filter(Boolean);
      const { connect } = await scene({ replay: [path], replayPace: 'fast' });
      const client = await connect();
      client.subscribe(['1']);
      await client.until(() => client.frames.length >= lines.length);
      expect(client.frames).toEqual(lines);
    },
  );
});

describeWithShared(
  'a fixture that is one JSON document over several lines',
  'fixtures/polymarket',
  () => {
    it('is one frame, byte for byte', async () => {
      const file = sharedPath('fixtures/polymarket/nt_ws_market_resolved_msg.json');
      const frames = [];
      for await (const frame of replayFrames(file)) frames.push(frame.text);
      expect(frames).toEqual([await readFile(file, 'utf8')]);
    });
  },
);
