import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { OrderbooksError } from '../runtime/errors.ts';

export interface GitPlace {
  /** Folder the command runs in. */
  readonly folder: string;
  /** Home of this git: its only configuration outside the repository. No user's and no machine's configuration is read. */
  readonly home: string;
  /** No repository above this folder is looked for. */
  readonly ceiling: string;
  /** Added to git's environment, such as `GIT_CONFIG_*` entries. */
  readonly environment: Readonly<Record<string, string>>;
  /** Date of commits made by the command. */
  readonly now: Date;
  readonly signal?: AbortSignal;
}

export interface GitAnswer {
  readonly code: number;
  /** Standard output as it came. */
  readonly out: string;
  /** Standard output and error together in the order they came, without secrets. */
  readonly text: string;
}

/**
 * A person's own checkout, or a workflow's: with their git configuration, also that of the environment (a workflow gives the run's token
 * that way), and their agent for SSH.
 */
export function checkoutPlace(folder: string, signal: AbortSignal): GitPlace {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    const theirs = /^(SSH_AUTH_SOCK|GIT_CONFIG_(COUNT|KEY_\d+|VALUE_\d+))$/.test(name);
    if (theirs && value !== undefined) environment[name] = value;
  }
  return {
    folder,
    home: homedir(),
    ceiling: folder,
    environment,
    now: new Date(),
    signal,
  };
}

/** A git command that ended with another code than 0, or could not run at all (`code` is then null). */
export class GitError extends OrderbooksError {
  readonly exitCode: number | null;
  readonly output: string;

  constructor(command: string, exitCode: number | null, output: string, cause?: unknown) {
    super('GIT_FAILED', `error executing cmd [${command}]: ${output}`, { cause });
    this.exitCode = exitCode;
    this.output = output;
  }
}

/**
 * Runs git and gives what it printed on standard output, trimmed. Never asks for anything: a missing password is an error.
 * Throws GitError with git's own words; the caller's abort signal ends git.
 */
export async function git(place: GitPlace, ...words: readonly string[]): Promise<string> {
  const answer = await gitAnswer(place, ...words);
  if (answer.code !== 0) throw new GitError(shown(place, words), answer.code, answer.text);
  return answer.out.trim();
}

/** As `git`, for commands whose exit code is an answer. */
export async function gitAnswer(place: GitPlace, ...words: readonly string[]): Promise<GitAnswer> {
  if (!isFolder(place.folder)) {
    throw new GitError(
      shown(place, words),
      null,
      `: chdir ${place.folder}: no such file or directory`,
    );
  }
  return new Promise((resolve, reject) => {
    const child = spawn('git', words, {
      cwd: place.folder,
      env: environmentOf(place),
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(place.signal === undefined ? {} : { signal: place.signal }),
    });
    const pieces: Buffer[] = [];
    const out: Buffer[] = [];
    child.stdout.on('data', (piece: Buffer) => {
      pieces.push(piece);
      out.push(piece);
    });
    child.stderr.on('data', (piece: Buffer) => pieces.push(piece));
    child.on('error', (cause) => {
      reject(new GitError(shown(place, words), null, whyNot(cause), cause));
    });
    child.on('close', (code, signal) => {
      const text = withoutSecrets(Buffer.concat(pieces).toString('utf8'), place.environment);
      if (code === null)
        reject(new GitError(shown(place, words), null, `${text}ended by ${signal}`));
      else resolve({ code, out: Buffer.concat(out).toString('utf8'), text });
    });
  });
}

/**
 * A text without the passwords and tokens that it may carry: user parts of URLs, and the values of those entries of
 * git's environment that hold credentials.
 */
export function withoutSecrets(
  text: string,
  environment: Readonly<Record<string, string>>,
): string {
  const shownText = text
    .replace(/(https?:\/\/)[^/\s@]+@/gi, '$1***@')
    .replace(/(\w+:\/\/[^/\s:@]*):[^/\s@]+@/g, '$1:***@');
  return secretsOf(environment).reduce((kept, secret) => kept.replaceAll(secret, '***'), shownText);
}

/** A transfer slower than this many bytes in a second, for this many seconds, is given up: the connection is dead. */
const SLOWEST_BYTES_PER_SECOND = '1024';
const SLOWEST_SECONDS = '30';

/** What git may know of this process's environment: where programs are, and the way through a proxy. */
const PASSED_ON = ['PATH', 'TMPDIR', 'SSL_CERT_FILE', 'http_proxy', 'https_proxy', 'no_proxy'];

function environmentOf(place: GitPlace): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of PASSED_ON) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  const date = `@${Math.floor(place.now.getTime() / 1000)} +0000`;
  return {
    ...environment,
    HOME: place.home,
    XDG_CONFIG_HOME: join(place.home, '.config'),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CEILING_DIRECTORIES: [place.ceiling, dirname(place.ceiling)].join(delimiter),
    GIT_TERMINAL_PROMPT: '0',
    // Answers every question with nothing, so that a missing password is an error and not a window.
    GIT_ASKPASS: 'true',
    SSH_ASKPASS: 'true',
    GIT_SSH_COMMAND: 'ssh -o BatchMode=yes',
    GIT_EDITOR: 'true',
    // No hooks of the machine come into a clone.
    GIT_TEMPLATE_DIR: '',
    GIT_PAGER: 'cat',
    GIT_HTTP_LOW_SPEED_LIMIT: SLOWEST_BYTES_PER_SECOND,
    GIT_HTTP_LOW_SPEED_TIME: SLOWEST_SECONDS,
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_DATE: date,
    // Messages are compared and shown: always in the same language and zone.
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
    ...place.environment,
  };
}

function shown(place: GitPlace, words: readonly string[]): string {
  return withoutSecrets([executable(), ...words].join(' '), place.environment);
}

function executable(): string {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, 'git');
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder; the next one may have it.
    }
  }
  return 'git';
}

function whyNot(cause: Error & { readonly code?: string }): string {
  if (cause.code === 'ENOENT')
    return 'git is not installed or not on PATH; install git 2.39 or newer';
  return cause.message;
}

function secretsOf(environment: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(environment)
    .filter(([name, value]) => value !== '' && carriesSecret(name, environment))
    .map(([, value]) => value);
}

function carriesSecret(name: string, environment: Readonly<Record<string, string>>): boolean {
  const index = /^GIT_CONFIG_VALUE_(\d+)$/.exec(name)?.[1];
  if (index === undefined) return /PASSWORD|TOKEN|SECRET/i.test(name);
  return /extraheader|password|token/i.test(environment[`GIT_CONFIG_KEY_${index}`] ?? '');
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
