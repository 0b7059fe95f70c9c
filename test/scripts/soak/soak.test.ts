import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { SoakResult } from '../../../scripts/soak/result.ts';

const MAIN = fileURLToPath(new URL('../../../scripts/soak/main.ts', import.meta.url));

async function run(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, errors]: [string[], string[]] = [[], []];
  child.stdout.on('data', (chunk) => out.push(String(chunk)));
  child.stderr.on('data', (chunk) => errors.push(String(chunk)));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, out: out.join(''), errors: errors.join('') };
}

describe('npm run soak', () => {
  it('settles every frame of a short run with faults of every sort, and shows that they were seen', async () => {
    const { code, out, errors } = await run(
      ...['--rounds', '1', '--calm', '300ms', '--seed', 'test', '--json'],
      ...['--faults', 'reset,close-1013,handshake-503,rest-truncated,stall,binary-frame'],
    );
    const result = JSON.parse(out) as SoakResult;
    expect([result.failures, code], errors).toEqual([[], 0]);
    expect(result.totals).toMatchObject({ missing: 0, foreign: 0, problems: [] });
    expect(result.totals.archived).toBeGreaterThan(500);
    expect(result.totals.connections).toBeGreaterThan(2);
    expect(result.faults).toHaveLength(6);
    for (const { injected, detected, recovered } of result.faults) {
      expect([detected, recovered]).toEqual([injected, injected]);
    }
  }, 300_000);

  it('refuses what it does not understand before anything is started', async () => {
    const { code, errors } = await run('--faults', 'reset,stal');
    expect([code, errors]).toEqual([2, expect.stringContaining('got stal')]);
  });
});
