import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RehearsalResult } from '../../../scripts/rehearse/result.ts';
import { makeTemporaryFolder } from '../../../scripts/temporary-folder.ts';

const MAIN = fileURLToPath(new URL('../../../scripts/rehearse/main.ts', import.meta.url));

export interface Rehearsed {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Null if it ended before there was one. */
  readonly result: RehearsalResult | null;
  readonly report: string | null;
  /** What it left in its temporary folder. */
  readonly leftovers: readonly string[];
}

/** Runs the real command in temporary folders of its own and waits for its end. */
export async function rehearse(
  args: readonly string[],
  onStart: (child: ChildProcess, seen: () => string) => void = () => undefined,
): Promise<Rehearsed> {
  const folder = await makeTemporaryFolder('orderbooks-test-rehearse-');
  const output = join(folder, 'output');
  const temporary = mkdtempSync(join(folder, 'tmp-'));
  try {
    const child = spawn(process.execPath, [MAIN, '--output', output, ...args], {
      env: { ...process.env, TMPDIR: temporary },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (piece: Buffer) => {
      stdout += piece.toString('utf8');
    });
    child.stderr.on('data', (piece: Buffer) => {
      stderr += piece.toString('utf8');
    });
    onStart(child, () => stdout + stderr);
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return {
      code,
      stdout,
      stderr,
      result: readResult(join(output, 'result.json')),
      report: read(join(output, 'report.html')),
      leftovers: readdirSync(temporary),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readResult(path: string): RehearsalResult | null {
  const text = read(path);
  return text === null ? null : (JSON.parse(text) as RehearsalResult);
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
