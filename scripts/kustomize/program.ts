import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { basename, delimiter, isAbsolute, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { OrderbooksError } from '../../runtime/errors.ts';

/** A program that renders overlays: `kustomize`, or `kubectl` with kustomize inside. */
export interface KustomizeProgram {
  readonly name: 'kustomize' | 'kubectl kustomize';
  readonly path: string;
  /** Of the kustomize inside, such as `5.5.0`. */
  readonly version: string;
}

/** The environment variable that names the program to use instead of what is found on PATH. */
export const PROGRAM_VARIABLE = 'ORDERBOOKS_KUSTOMIZE';

/**
 * Finds the program to render with: the one named by ORDERBOOKS_KUSTOMIZE, else `kustomize`, else `kubectl`, on PATH.
 * Throws KUSTOMIZE_MISSING or KUSTOMIZE_TOO_OLD with advice on installing. The answer is kept for the process.
 */
export async function findKustomize(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<KustomizeProgram> {
  const key = `${environment[PROGRAM_VARIABLE] ?? ''}\n${environment['PATH'] ?? ''}`;
  const known = found.get(key) ?? search(environment);
  found.set(key, known);
  try {
    return await known;
  } catch (error) {
    // It may have been installed meanwhile.
    found.delete(key);
    throw error;
  }
}

/** Names `program` in a sentence: `kubectl kustomize 5.5.0 (/usr/bin/kubectl)`. */
export function describeProgram({ name, version, path }: KustomizeProgram): string {
  return `${name} ${version} (${path})`;
}

const run = promisify(execFile);
const found = new Map<string, Promise<KustomizeProgram>>();

/** `components`, `replacements` and `labels` as the overlays use them came with this version. */
const OLDEST_MAJOR = 5;
/** A program that does not even tell its version in this time is broken. */
const VERSION_TIMEOUT_MS = 30_000;

const ADVICE =
  'Overlays are rendered with kustomize 5 or newer, alone or inside kubectl 1.27 or newer. Install kubectl (https://kubernetes.io/docs/tasks/tools/) or kustomize (https://kubectl.docs.kubernetes.io/installation/kustomize/), or name a program by ' +
  PROGRAM_VARIABLE;

async function search(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<KustomizeProgram> {
  const named = environment[PROGRAM_VARIABLE] ?? '';
  const paths = (named === '' ? ['kustomize', 'kubectl'] : [named])
    .map((program) => ({ program, path: onPath(program, environment['PATH'] ?? '') }))
    .filter(({ path }) => path !== null);
  const refused: string[] = [];
  for (const { path } of paths) {
    if (path === null) continue;
    const candidate = await inspect(path, environment);
    if (typeof candidate === 'string') refused.push(candidate);
    else return candidate;
  }
  if (refused.length > 0) {
    throw new OrderbooksError('KUSTOMIZE_TOO_OLD', `${refused.join('; ')}. ${ADVICE}.`);
  }
  const sought =
    named === '' ? 'neither kustomize nor kubectl is on PATH' : `${named} does not exist`;
  throw new OrderbooksError('KUSTOMIZE_MISSING', `${sought}. ${ADVICE}.`);
}

/** The program at `path`, or why it cannot be used. */
async function inspect(
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<KustomizeProgram | string> {
  const kubectl = basename(path).includes('kubectl');
  const words = kubectl ? ['version', '--client', '--output=json'] : ['version'];
  let text: string;
  try {
    const { stdout } = await run(path, words, {
      timeout: VERSION_TIMEOUT_MS,
      env: { PATH: environment['PATH'], HOME: environment['HOME'] },
    });
    text = stdout;
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim() : String(error);
    return `${path} does not tell its version: ${reason}`;
  }
  const spoken = kubectl ? /"kustomizeVersion":\s*"([^"]*)"/.exec(text)?.[1] : text;
  const version = /v?(\d+\.\d+\.\d+)/.exec(spoken ?? '')?.[1];
  const release = kubectl ? /"gitVersion":\s*"v?([^"]*)"/.exec(text)?.[1] : undefined;
  const seen = release === undefined ? path : `${path} is kubectl ${release} and`;
  // Before 1.24 kubectl had a kustomize of 2019 inside, and said nothing of it.
  if (version === undefined) return `${seen} tells no version of kustomize`;
  if (Number.parseInt(version, 10) < OLDEST_MAJOR) return `${seen} has kustomize ${version}`;
  return { name: kubectl ? 'kubectl kustomize' : 'kustomize', path, version };
}

function onPath(program: string, path: string): string | null {
  if (isAbsolute(program) || program.includes('/')) {
    const absolute = resolve(program);
    return isProgram(absolute) ? absolute : null;
  }
  const folders = path.split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, program)).find(isProgram) ?? null;
}

function isProgram(path: string): boolean {
  if (!(statSync(path, { throwIfNoEntry: false })?.isFile() ?? false)) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
