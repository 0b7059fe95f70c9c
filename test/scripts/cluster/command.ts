import { vi } from 'vitest';

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

let runs = 0;

/**
 * Runs a command's `main.ts` in this process, as a person would: its arguments, its programs from PATH, its exit code.
 * Starting node for each would take longer than everything that is tried.
 *
 * @param main such as `status`, for `scripts/status/main.ts`
 */
export async function runMain(
  main: string,
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<Ended> {
  const before = { argv: process.argv, exitCode: process.exitCode, env: { ...process.env } };
  const said = { out: '', error: '' };
  const listen = (stream: 'out' | 'error') => (text: string | Uint8Array) => {
    said[stream] += text.toString();
    return true;
  };
  const out = vi.spyOn(process.stdout, 'write').mockImplementation(listen('out'));
  const error = vi.spyOn(process.stderr, 'write').mockImplementation(listen('error'));
  process.argv = [process.execPath, main, ...words];
  Object.assign(process.env, environment);
  try {
    // The query makes it another module: a main runs when it is loaded.
    await import(/* @vite-ignore */ `../../../scripts/${main}/main.ts?run=${runs++}`);
    return { code: Number(process.exitCode), ...said };
  } finally {
    out.mockRestore();
    error.mockRestore();
    process.argv = before.argv;
    process.exitCode = before.exitCode;
    for (const name of Object.keys(environment)) delete process.env[name];
    Object.assign(process.env, before.env);
  }
}
