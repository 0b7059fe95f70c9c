import { spawn } from 'node:child_process';
import type { z } from 'zod';
import { E2eError } from './error.ts';

export interface ClusterAccess {
  /** Absolute path; absent: kubectl's own default. */
  readonly kubeconfig?: string;
  readonly context?: string;
}

export interface Answer {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** How long one call may take, milliseconds: a cluster that does not answer in this time is not there. */
const CALL_TIMEOUT_MS = 60_000;

/** What is asked of a cluster before anything is touched. */
export type Calls = Pick<Kubectl, 'run' | 'answer' | 'find' | 'list'>;

/** The cluster through kubectl, which has every way to sign in that a kubeconfig can ask for. */
export class Kubectl {
  readonly #options: readonly string[];
  readonly #signal: AbortSignal;

  constructor(access: ClusterAccess, signal: AbortSignal) {
    this.#options = [
      ...(access.kubeconfig === undefined ? [] : [`--kubeconfig=${access.kubeconfig}`]),
      ...(access.context === undefined ? [] : [`--context=${access.context}`]),
    ];
    this.#signal = signal;
  }

  /** The same cluster for what must still be done after an interruption. */
  regardless(): Kubectl {
    return new Kubectl(this.#accessOf(), new AbortController().signal);
  }

  /**
   * What kubectl printed on standard output.
   *
   * @throws E2eError KUBECTL_FAILED with kubectl's own words
   */
  async run(words: readonly string[], input?: string): Promise<string> {
    const answer = await this.answer(words, input);
    if (answer.code === 0) return answer.out;
    throw new E2eError(
      'KUBECTL_FAILED',
      `kubectl ${words.join(' ')}: ${answer.error.trim() || `exit code ${answer.code}`}`,
    );
  }

  /** As `run`, for calls whose refusal is an answer. */
  async answer(words: readonly string[], input?: string): Promise<Answer> {
    this.#signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const child = spawn('kubectl', [...this.#options, ...words], {
        stdio: ['pipe', 'pipe', 'pipe'],
        signal: AbortSignal.any([this.#signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]),
      });
      const out: Buffer[] = [];
      const error: Buffer[] = [];
      child.stdout.on('data', (piece: Buffer) => out.push(piece));
      child.stderr.on('data', (piece: Buffer) => error.push(piece));
      child.on('error', (cause) => reject(notRun(words, cause, this.#signal)));
      child.on('close', (code) =>
        resolve({
          code: code ?? 1,
          out: Buffer.concat(out).toString('utf8'),
          error: Buffer.concat(error).toString('utf8'),
        }),
      );
      // kubectl may end before it has read everything; its exit code then says why.
      child.stdin.on('error', () => undefined);
      child.stdin.end(input ?? '');
    });
  }

  /** One object, or null if there is none (or its kind is unknown to the cluster). */
  async find<S extends z.ZodType>(
    kind: string,
    name: string,
    namespace: string | null,
    schema: S,
  ): Promise<z.infer<S> | null> {
    const text = await this.run([
      'get',
      kind,
      name,
      ...inNamespace(namespace),
      '--ignore-not-found',
      '--output=json',
    ]);
    return text.trim() === '' ? null : parsed(`${kind} ${name}`, text, schema);
  }

  /** All objects of a kind in a namespace, in no order. */
  async list<S extends z.ZodType>(
    kind: string,
    namespace: string | null,
    schema: S,
    selector?: string,
  ): Promise<readonly z.infer<S>[]> {
    const text = await this.run([
      'get',
      kind,
      ...inNamespace(namespace),
      ...(selector === undefined ? [] : [`--selector=${selector}`]),
      '--output=json',
    ]);
    const { items } = JSON.parse(text) as { readonly items: readonly unknown[] };
    return items.map((item) => parsed(kind, JSON.stringify(item), schema));
  }

  /** Server-side apply of objects given as YAML or JSON. */
  async apply(text: string): Promise<void> {
    await this.run(
      ['apply', '--server-side', '--force-conflicts', '--field-manager=orderbooks-e2e', '-f', '-'],
      text,
    );
  }

  #accessOf(): ClusterAccess {
    const value = (flag: string) =>
      this.#options.find((option) => option.startsWith(flag))?.slice(flag.length);
    const kubeconfig = value('--kubeconfig=');
    const context = value('--context=');
    return {
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(context === undefined ? {} : { context }),
    };
  }
}

function inNamespace(namespace: string | null): readonly string[] {
  return namespace === null ? [] : [`--namespace=${namespace}`];
}

function parsed<S extends z.ZodType>(what: string, text: string, schema: S): z.infer<S> {
  const result = schema.safeParse(JSON.parse(text));
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new E2eError(
    'OBJECT_UNEXPECTED',
    `${what}: ${issue?.path.join('.') || 'the object'}: ${issue?.message ?? 'not as expected'}; is this a version of the controllers that the bundle was written for?`,
    { cause: result.error },
  );
}

function notRun(words: readonly string[], cause: Error, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  const { code } = cause as NodeJS.ErrnoException;
  const why =
    code === 'ENOENT'
      ? 'kubectl is not on PATH; install it (https://kubernetes.io/docs/tasks/tools/)'
      : cause.name === 'AbortError'
        ? `no answer within ${CALL_TIMEOUT_MS / 1000} s; is the API server reachable?`
        : cause.message;
  return new E2eError('KUBECTL_FAILED', `kubectl ${words.join(' ')}: ${why}`, { cause });
}
