import { readFile } from 'node:fs/promises';
import { ClusterError } from '../cluster/failure.ts';
import type { Redaction } from '../cluster/redaction.ts';

/** Where a secret comes from. Never the secret itself: arguments can be read by every user of the machine. */
export type SecretSource = {
  /** Name of the option, for messages: what was given with it is never repeated. */
  readonly option: string;
} & (
  | { readonly from: 'file'; readonly path: string }
  | { readonly from: 'environment'; readonly name: string }
  | { readonly from: 'prompt' }
);

/** What reads a secret that a person types, without showing it. */
export type Prompt = (what: string) => Promise<string>;

/** `file:PATH`, `env:NAME` or `prompt`. The message never repeats the text: somebody may have given the secret. */
export function parseSource(option: string, text: string): SecretSource {
  const [, path] = /^file:(.+)$/s.exec(text) ?? [];
  if (path !== undefined) return { option, from: 'file', path };
  const [, name] = /^env:([A-Za-z_]\w*)$/.exec(text) ?? [];
  if (name !== undefined) return { option, from: 'environment', name };
  if (text === 'prompt') return { option, from: 'prompt' };
  throw new ClusterError(
    'SOURCE_INVALID',
    `--${option}: expected file:PATH, env:NAME or prompt, and not the secret itself. If it was the secret: it now stands in your shell's history; change it`,
  );
}

/**
 * The secret, without the line break that files end with. It is known to the redaction before anybody has it, and the
 * variable it came from is gone, so that no program started from here inherits it.
 */
export async function readSecret(
  source: SecretSource,
  redaction: Redaction,
  prompt: Prompt,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const text = await textOf(source, prompt, environment);
  redaction.add(text);
  const secret = text.replace(/\r?\n$/, '');
  if (secret.trim() === '') {
    throw new ClusterError('SECRET_EMPTY', `--${source.option}: expected a secret, seen nothing`);
  }
  return secret;
}

/** Reads a line from the terminal and shows nothing of it. */
export const terminalPrompt: Prompt = (what) => {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) {
    throw new ClusterError(
      'NO_TERMINAL',
      `--${what} prompt: there is no terminal to ask at; use file: or env:`,
    );
  }
  stderr.write(`${what} (not shown): `);
  stdin.setRawMode(true);
  stdin.resume();
  return new Promise((resolve, reject) => {
    let typed = '';
    const end = () => {
      stdin.off('data', read);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write('\n');
    };
    const read = (piece: Buffer) => {
      for (const key of piece.toString('utf8')) {
        if (key === '\r' || key === '\n') {
          end();
          return resolve(typed);
        }
        if (key === INTERRUPT) {
          end();
          return reject(new ClusterError('INTERRUPTED', 'nothing more was done'));
        }
        typed = key === BACKSPACE ? typed.slice(0, -1) : typed + key;
      }
    };
    stdin.on('data', read);
  });
};

/** What was taken out of an environment: two options may name one variable. */
const taken = new WeakMap<NodeJS.ProcessEnv, Map<string, string>>();

/** Ctrl-C and the delete key as a raw terminal sends them. */
const INTERRUPT = '\u0003';
const BACKSPACE = '\u007f';

async function textOf(
  source: SecretSource,
  prompt: Prompt,
  environment: NodeJS.ProcessEnv,
): Promise<string> {
  if (source.from === 'prompt') return prompt(source.option);
  if (source.from === 'environment') {
    const known = taken.get(environment) ?? new Map<string, string>();
    taken.set(environment, known);
    const text = environment[source.name] ?? known.get(source.name);
    delete environment[source.name];
    if (text !== undefined) {
      known.set(source.name, text);
      return text;
    }
    throw missing(source, 'the variable that it names is not set');
  }
  try {
    return await readFile(source.path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw missing(source, `the file that it names cannot be read (${code})`);
  }
}

/** The name stays behind: written as env:$NAME or file:$NAME, the shell has put the secret in its place. */
function missing({ option }: SecretSource, why: string): ClusterError {
  return new ClusterError(
    'SECRET_MISSING',
    `--${option}: ${why}. The name is not repeated here: after env: and file: it must stand without $, or it is the secret itself, which then is in your shell's history; change it`,
  );
}
