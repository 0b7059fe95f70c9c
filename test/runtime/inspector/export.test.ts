import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readArchive } from '../../../runtime/archive/reader.ts';
import { ArchiveWriter } from '../../../runtime/archive/writer.ts';
import { inspectCommand } from '../../../runtime/inspector/command.ts';
import { exportFrames } from '../../../runtime/inspector/export.ts';
import { frame, LIMITS, provenanceOf, withFolder } from '../archive/rows.ts';

const MARKET = {
  slug: 'btc-updown-15m-1764000000',
  condition_id: `0x${'ab'.repeat(32)}`,
  tokens: ['1'.repeat(77), '2'.repeat(77)],
};
const OTHER_TOKEN = '3'.repeat(77);

const TEXTS = [
  JSON.stringify([{ market: MARKET.condition_id, asset_id: MARKET.tokens[0], n: 0 }]),
  `{"asset_id": "${MARKET.tokens[1]}", "odd":"\\u00e9é\\n" ,"n":1}`,
  JSON.stringify({ market: `0x${'cd'.repeat(32)}`, asset_id: OTHER_TOKEN, n: 2 }),
  `{"asset_id":"${MARKET.tokens[0]}9","n":3}`,
  'PONG',
  JSON.stringify([{ asset_id: OTHER_TOKEN }, { asset_id: MARKET.tokens[1], n: 5 }]),
];
/** Places of those that name the market. */
const OF_MARKET = [0, 1, 5];

async function recorded<T>(use: (dataRoot: string, archive: string) => Promise<T>): Promise<T> {
  return withFolder(async (dataRoot) => {
    let archive = '';
    const writer = await ArchiveWriter.open({
      dataRoot,
      stream: 'ws_raw',
      provenance: provenanceOf('run1'),
      limits: LIMITS,
      onEvent: (event) => {
        if (event.kind === 'closed') archive = event.manifest.path;
      },
    });
    for (const [index, text] of TEXTS.entries()) writer.append(frame(index, { text }));
    await writer.close();
    const discovery = join(dataRoot, 'discovery/2026/11/21/ws-recorder_x.json');
    await mkdir(dirname(discovery), { recursive: true });
    await writeFile(discovery, JSON.stringify({ found: [MARKET], chosen: [] }));
    return use(dataRoot, archive);
  });
}

async function linesOf(dataRoot: string, archive: string): Promise<string[]> {
  const lines: string[] = [];
  await readArchive(join(dataRoot, archive), {
    onRows: (rows) => void lines.push(...rows.map(({ text }) => text)),
  });
  return lines;
}

function memory() {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString() };
}

describe('export of the frames of a market', () => {
  it.each([
    ['its slug', MARKET.slug, OF_MARKET],
    ['its condition id', MARKET.condition_id, OF_MARKET],
    ['one of its tokens', MARKET.tokens[1] ?? '', [1, 5]],
    ['a condition id that no manifest knows', `0x${'cd'.repeat(32)}`, [2]],
  ])('by %s gives their rows, byte for byte and in order', (_name, market, places) =>
    recorded(async (dataRoot, archive) => {
      const { stream, text } = memory();
      const result = await exportFrames({ dataRoot, market }, stream);
      const lines = await linesOf(dataRoot, archive);
      expect(text()).toBe(places.map((place) => `${lines[place]}\n`).join(''));
      expect(result).toMatchObject({ frames: places.length, archives: 1, gaps: 0, problems: [] });
    }),
  );

  it.each(['frames.jsonl', 'frames.jsonl.gz'])('makes the file %s, whole', (name) =>
    recorded(async (dataRoot) => {
      const output = join(dataRoot, name);
      expect(await inspectCommand({ data: dataRoot, export: MARKET.slug, output })).toBe(0);
      const bytes = await readFile(output);
      const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
      expect(text.split('\n')).toHaveLength(OF_MARKET.length + 1);
      expect((await readdir(dataRoot)).filter((file) => file.endsWith('.tmp'))).toEqual([]);
    }),
  );

  it('leaves no file, and ends with 1, when no frame names the market', () =>
    recorded(async (dataRoot) => {
      const output = join(dataRoot, 'none.jsonl');
      const market = '4'.repeat(77);
      expect(await inspectCommand({ data: dataRoot, export: market, output })).toBe(1);
      expect((await readdir(dataRoot)).filter((file) => file.includes('none'))).toEqual([]);
    }));

  it('writes what can be read of a damaged archive, says what is wrong, and ends with 1', () =>
    recorded(async (dataRoot, archive) => {
      const file = join(dataRoot, archive);
      await truncate(file, (await readFile(file)).length - 12);
      const { stream, text } = memory();
      const result = await exportFrames({ dataRoot, market: MARKET.slug }, stream);
      expect(result.problems.join('\n')).toContain('gzip: truncated');
      expect(text().split('\n').length).toBeGreaterThan(1);
      const output = join(dataRoot, 'some.jsonl');
      expect(await inspectCommand({ data: dataRoot, export: MARKET.slug, output })).toBe(1);
    }));

  it.each([
    [
      'a slug that nothing knows',
      { export: 'btc-updown-15m-1764000900' },
      /names the market.*such as btc-updown-15m-1764000000/,
    ],
    ['what is no name of a market', { export: 'Bitcoin?' }, /expected a slug.*got "Bitcoin\?"/],
    [
      'an archive that is not there',
      { export: MARKET.slug, path: ['raw_orderbooks/polymarket/x'] },
      /is not the name of an archive/,
    ],
    [
      'a time without archives',
      { export: MARKET.slug, since: '2999-01-01T00:00:00Z' },
      /there is none/,
    ],
    ['an output without an export', { output: '/x' }, /--output needs --export/],
    [
      'two things at once',
      { export: MARKET.slug, replay: true as const },
      /--export cannot be combined with --replay/,
    ],
    [
      'an export as JSON',
      { export: MARKET.slug, json: true },
      /--export cannot be combined with --json/,
    ],
    ['a pace that is none', { replay: 'slow' }, /expected the pace recorded or fast, got "slow"/],
  ])('refuses %s', (_name, options, words) =>
    recorded(async (dataRoot) => {
      await expect(inspectCommand({ data: dataRoot, ...options })).rejects.toMatchObject({
        code: 'USAGE',
        message: expect.stringMatching(words),
      });
    }),
  );

  it('refuses to replace a file', () =>
    recorded(async (dataRoot, archive) => {
      const output = join(dataRoot, archive);
      const before = await readFile(output);
      await expect(
        inspectCommand({ data: dataRoot, export: MARKET.slug, output }),
      ).rejects.toMatchObject({ code: 'USAGE' });
      expect((await readFile(output)).equals(before)).toBe(true);
    }));
});
