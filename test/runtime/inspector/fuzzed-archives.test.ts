import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gunzipFile } from '../../../runtime/archive/gunzip.ts';
import { LineSplitter, LONGEST_LINE_BYTES } from '../../../runtime/archive/line-splitter.ts';
import { inspectArchive } from '../../../runtime/inspector/archive-inspection.ts';
import { inspect } from '../../../runtime/inspector/inspect.ts';
import { isClean } from '../../../runtime/inspector/text.ts';
import { MAX_FRAME_BYTES } from '../../../runtime/polymarket/market-socket.ts';
import { closedArchive, withFolder } from '../archive/rows.ts';
import { damage } from './damage.ts';

/** The archive's manifest stays as the writer wrote it. */
async function damaged<T>(use: (dataRoot: string, path: string, whole: Buffer) => Promise<T>) {
  await withFolder(async (dataRoot) => {
    const { path } = await closedArchive(dataRoot, { frames: 40, bytes: 200 });
    await use(dataRoot, path, await readFile(join(dataRoot, path)));
  });
}

describe('a damaged archive', () => {
  it(
    'gets the same report by the fast way and by the full one, and is never called clean',
    () =>
      damaged(async (dataRoot, path, whole) => {
        await fc.assert(
          fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 2 }), async (damages) => {
            const [first, ...others] = damages;
            // What is left by the first damage may be no gzip any more, and be damaged as it is.
            let content = first?.apply(whole) ?? whole;
            for (const other of others) content = attempt(() => other.apply(content), content);
            await writeFile(join(dataRoot, path), content);
            const fast = await inspectArchive(dataRoot, path);
            expect(fast).toEqual(await inspectArchive(dataRoot, path, { slowly: true }));
            const report = await inspect({ dataRoot });
            expect(isClean(report)).toBe(content.equals(whole));
          }),
          { numRuns: 150 },
        );
      }),
    60_000,
  );

  it('of several megabytes gets the same report in both ways, whole or cut', () =>
    withFolder(async (dataRoot) => {
      const { path } = await closedArchive(dataRoot, { frames: 2_500, bytes: 1_500 });
      const whole = await readFile(join(dataRoot, path));
      expect(gunzipSync(whole).length).toBeGreaterThan(3_500_000);
      for (const content of [whole, whole.subarray(0, whole.length * 0.7)]) {
        await writeFile(join(dataRoot, path), content);
        const fast = await inspectArchive(dataRoot, path);
        expect(fast).toEqual(await inspectArchive(dataRoot, path, { slowly: true }));
        expect(fast.report.payload_mismatches).toBe(0);
        expect(fast.report.frames).toBeGreaterThan(content === whole ? 2_499 : 1_000);
      }
    }));

  it('of many members is read like one', () =>
    damaged(async (dataRoot, path, whole) => {
      const lines = gunzipSync(whole).toString().match(/.*\n/g) ?? [];
      await writeFile(join(dataRoot, path), Buffer.concat(lines.map((line) => gzipSync(line))));
      const { report } = await inspectArchive(dataRoot, path);
      expect(report).toMatchObject({ rows: 40, complete: true, payload_mismatches: 0 });
      expect(report.errors.join('\n')).toMatch(/manifest says bytes/);
    }));

  it(
    'that unpacks to a line without end is read to its end',
    () =>
      damaged(async (dataRoot, path) => {
        const piece = gzipSync(Buffer.alloc(LONGEST_LINE_BYTES / 4, 'x'), { level: 1 });
        await writeFile(join(dataRoot, path), Buffer.concat([piece, piece, piece, piece, piece]));
        const { report } = await inspectArchive(dataRoot, path);
        expect(report.errors.join('\n')).toMatch(/the last line has no end: \d{9} bytes/);
      }),
    60_000,
  );
});

function attempt<T>(act: () => T, otherwise: T): T {
  try {
    return act();
  } catch {
    return otherwise;
  }
}

describe('bounds of what is read', () => {
  it('let every frame through that a connection takes', () => {
    const longest = JSON.stringify('\0'.repeat(1_000)).length - 2;
    expect(LONGEST_LINE_BYTES).toBeGreaterThan((longest / 1_000) * MAX_FRAME_BYTES);
  });

  it('drop a line that is too long, wherever its pieces end, and keep its neighbours', () => {
    const text = `one\n${'x'.repeat(50)}\ntwo\nthree\n${'y'.repeat(30)}`;
    for (let size = 1; size <= text.length; size++) {
      const splitter = new LineSplitter(20);
      const lines: string[] = [];
      for (let from = 0; from < text.length; from += size) {
        for (const whole of splitter.push(Buffer.from(text.slice(from, from + size)))) {
          const some = whole.bytes.toString().split('\n').slice(0, -1);
          if (whole.overlong !== null) some[0] = `${some[0]}too long: ${whole.overlong}`;
          lines.push(...some);
        }
      }
      expect(
        lines.map((line) => line.slice(0, 60)),
        `pieces of ${size}`,
      ).toEqual(
        size >= 55
          ? ['one', 'x'.repeat(50), 'two', 'three']
          : ['one', 'too long: 50', 'two', 'three'],
      );
      expect(splitter.rest).toBe(30);
    }
  });

  it('stop a file that unpacks to far more than rows do', () =>
    withFolder(async (folder) => {
      const file = join(folder, 'bomb.gz');
      const bomb = gzipSync(Buffer.alloc(8_000_000));
      await writeFile(file, Buffer.concat(Array.from({ length: 40 }, () => bomb)));
      let plain = 0;
      const onPlain = (chunk: Buffer) => {
        plain += chunk.length;
      };
      const limits = { freeBytes: 1_000_000, expansion: 100 };
      const { problem, bytes } = await gunzipFile(file, { onPlain }, limits);
      expect(problem?.text).toMatch(/^gzip: expands to more than \d+ bytes, far more than rows do/);
      expect(bytes).toBe(bomb.length * 40);
      expect(plain).toBeLessThan(320_000_000 / 2);
    }));
});
