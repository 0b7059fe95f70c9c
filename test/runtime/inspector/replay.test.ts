import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { inspectCommand } from '../../../runtime/inspector/command.ts';
import { frame, rotatingWriter, withFolder } from '../archive/rows.ts';

const MAIN = fileURLToPath(new URL('../../../runtime/main.ts', import.meta.url));
/** What JSON, gzip or a careless reader could change. */
const TEXTS = ['PONG', '[ {"a" : 1.0e0} ]', '{"é":"\\u00e9 \\n"}', 'no JSON "at all"\n\r\t', '😀'];
const PAUSE_MS = 200;

/** One archive per text, each received 200 ms after the one before. */
async function record(dataRoot: string): Promise<string[]> {
  const paths: string[] = [];
  const writer = await rotatingWriter(dataRoot, ({ path }) => paths.push(path));
  const start = Date.now() - 60_000;
  for (const [index, text] of TEXTS.entries()) {
    writer.append(frame(index, { text, at: new Date(start + index * PAUSE_MS).toISOString() }));
    await writer.flush();
  }
  await writer.close();
  return paths;
}

/** What a subscriber gets, and milliseconds from its subscription to the last of it. */
async function played(dataRoot: string, replay: string): Promise<{ texts: string[]; ms: number }> {
  const child = spawn(process.execPath, [MAIN, 'inspect', `--data=${dataRoot}`, replay], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  try {
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const socket = new WebSocket((JSON.parse(line) as { websocketUrl: string }).websocketUrl);
    await once(socket, 'open');
    const texts: string[] = [];
    let lastAt = 0;
    const all = new Promise<void>((resolve) => {
      socket.on('message', (data) => {
        lastAt = performance.now();
        if (texts.push(String(data)) === TEXTS.length) resolve();
      });
    });
    const askedAt = performance.now();
    socket.send(JSON.stringify({ assets_ids: ['1'], type: 'market' }));
    await all;
    socket.terminate();
    return { texts, ms: lastAt - askedAt };
  } finally {
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
  }
}

describe('inspect --replay', () => {
  it(
    'serves the frames of all archives, byte for byte, with their pauses',
    () =>
      withFolder(async (dataRoot) => {
        await record(dataRoot);
        const { texts, ms } = await played(dataRoot, '--replay');
        expect(texts).toEqual(TEXTS);
        // A timer may be early by a millisecond; a busy machine only makes it later.
        expect(ms).toBeGreaterThan((TEXTS.length - 1) * PAUSE_MS - 50);
      }),
    60_000,
  );

  it(
    'serves them without their pauses',
    () =>
      withFolder(async (dataRoot) => {
        await record(dataRoot);
        expect((await played(dataRoot, '--replay=fast')).texts).toEqual(TEXTS);
      }),
    60_000,
  );

  it('serves nothing of archives that are damaged', () =>
    withFolder(async (dataRoot) => {
      const [, second] = await record(dataRoot);
      const file = join(dataRoot, second ?? '');
      const bytes = await readFile(file);
      await writeFile(file, bytes.fill(0, bytes.length - 8));
      expect(await inspectCommand({ data: dataRoot, replay: 'fast' })).toBe(1);
    }));
});
