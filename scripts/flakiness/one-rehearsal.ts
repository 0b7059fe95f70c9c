import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Ended, GOOD, type Planned } from './trial.ts';

const REHEARSE = fileURLToPath(new URL('../rehearse/main.ts', import.meta.url));
/** Ten times what one takes on a quiet machine; what takes longer hangs. */
const LIMIT_MS = 900_000;

const result = z.object({ verdict: z.string(), summary: z.string() });

/** Runs `npm run rehearse` in a process of its own; what it leaves is a folder with report, result and log. */
export async function oneRehearsal(
  { subject, number }: Planned,
  output: string,
  signal: AbortSignal,
): Promise<Ended & { keep(worthIt: boolean): Promise<void> }> {
  const folder = join(output, `${subject}-${number}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const log = createWriteStream(join(folder, 'log.txt'));
  const child = spawn(
    process.execPath,
    [REHEARSE, '--output', folder, ...(subject === GOOD ? [] : ['--fault', subject])],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let last = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece: Buffer) => {
      log.write(piece);
      last = piece.toString('utf8').trim().split('\n').at(-1) ?? last;
    });
  }
  // In order, so that it ends its own processes and removes its own folders.
  const stop = () => child.kill('SIGINT');
  const limit = setTimeout(stop, LIMIT_MS);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('close', resolve);
    child.once('error', reject);
  }).finally(() => {
    clearTimeout(limit);
    signal.removeEventListener('abort', stop);
    log.end();
  });
  const found = await readResult(join(folder, 'result.json'));
  return {
    exitCode,
    verdict: found?.verdict ?? null,
    summary: found?.summary ?? last,
    keep: async (worthIt) => {
      if (!worthIt) await rm(folder, { recursive: true, force: true });
    },
  };
}

async function readResult(file: string): Promise<z.infer<typeof result> | null> {
  try {
    return result.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    // It ended before it had one; its exit code and last line say why.
    return null;
  }
}
