import type { z } from 'zod';
import { OrderbooksError } from '../../runtime/errors.ts';
import { noteChange } from './changes.ts';
import { ClusterError, type FailureCode } from './failure.ts';
import { comparable, type KubernetesObject, objectsOf, secretsOf, titleOf } from './objects.ts';
import { type Answer, runProgram } from './program.ts';
import { endedWhile, isRead, OUTCOME_UNKNOWN, programError } from './program-error.ts';
import { Redaction } from './redaction.ts';

export interface ClusterAccess {
  /** Absent: kubectl's own default. */
  readonly kubeconfig?: string;
  readonly context?: string;
}

export interface KubectlOptions extends ClusterAccess {
  /** Ends what runs; absent: only its time does. */
  readonly signal?: AbortSignal;
  readonly redaction?: Redaction;
  /** Nothing is written: writes are asked of the server with `--dry-run=server`. */
  readonly dryRun?: boolean;
  /** Who the fields belong to; default `orderbooks`. */
  readonly fieldManager?: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** Longest time for one call, milliseconds. */
  readonly timeoutMs?: number;
}

export type Change = 'created' | 'changed' | 'unchanged';

export interface Applied {
  /** Such as `Secret orderbooks/orderbooks-rclone-config`. */
  readonly object: string;
  readonly change: Change;
}

/** How long one call may take: longer than a slow API server under load, shorter than a person's patience. */
const CALL_TIMEOUT_MS = 60_000;
/** kubectl itself gives up before we do, so that the message is its own. */
const MARGIN_MS = 5_000;
/** To see what a change that failed halfway has left. */
const LOOK_BACK_TIMEOUT_MS = 20_000;
const NEVER = new AbortController().signal;

/** What only asks. */
export type Asking = Pick<Kubectl, 'run' | 'answer' | 'find' | 'list'>;

/**
 * The cluster through kubectl, which has every way to sign in that a kubeconfig can ask for. Errors are ClusterErrors
 * whose code is a FailureCode; their text holds kubectl's own words, redacted, and what to do.
 */
export class Kubectl {
  readonly options: KubectlOptions;
  readonly #redaction: Redaction;

  constructor(options: KubectlOptions) {
    this.options = options;
    this.#redaction = options.redaction ?? new Redaction();
  }

  /** The same cluster for what must still be done after an interruption. */
  regardless(): Kubectl {
    return new Kubectl({ ...this.options, signal: NEVER });
  }

  get dryRun(): boolean {
    return this.options.dryRun === true;
  }

  /** Standard output of one call. */
  async run(words: readonly string[], input?: string): Promise<string> {
    const answer = await this.answer(words, input);
    if (answer.code === 0) return answer.out;
    throw this.failed(words, answer);
  }

  /** As `run`, for calls whose refusal is an answer too. What was changed is noted, but for `apply`, which says more. */
  async answer(words: readonly string[], input?: string, timeoutMs?: number): Promise<Answer> {
    // Before it is started, an interruption is one between two calls.
    this.options.signal?.throwIfAborted();
    try {
      const answer = await this.#start(words, input, timeoutMs);
      const [verb = ''] = words;
      if (answer.code === 0 && verb !== 'apply' && !isRead(words)) {
        noteChange({ object: namedBy(words), change: DONE[verb] ?? `changed by ${verb}` });
      }
      return answer;
    } catch (error) {
      throw isRead(words) ? error : endedWhile('kubectl', words, error);
    }
  }

  #start(words: readonly string[], input?: string, timeoutMs?: number): Promise<Answer> {
    const { kubeconfig, context, signal, environment } = this.options;
    const limit = timeoutMs ?? this.options.timeoutMs ?? CALL_TIMEOUT_MS;
    return runProgram(
      'kubectl',
      [
        ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
        ...(context === undefined ? [] : [`--context=${context}`]),
        `--request-timeout=${Math.max(1, Math.round((limit - MARGIN_MS) / 1000))}s`,
        ...words,
      ],
      {
        signal: signal ?? NEVER,
        timeoutMs: limit,
        ...(environment === undefined ? {} : { environment }),
        ...(input === undefined ? {} : { input }),
      },
    );
  }

  /**
   * The JSON that one call prints, whole and as expected.
   *
   * @throws ClusterError BROKEN_ANSWER, OBJECT_UNEXPECTED beside those of `run`
   */
  async read<S extends z.ZodType>(words: readonly string[], schema: S): Promise<z.infer<S>> {
    return parsed(words.slice(0, 3).join(' '), await this.run(words), schema);
  }

  /** One object, or null if there is none or the cluster does not know its kind. */
  async find<S extends z.ZodType>(
    kind: string,
    name: string,
    namespace: string | null,
    schema: S,
  ): Promise<z.infer<S> | null> {
    const words = ['get', kind, name, ...inNamespace(namespace), '--ignore-not-found', '-ojson'];
    const answer = await this.answer(words);
    if (answer.code !== 0) {
      const error = this.failed(words, answer);
      if (error.code === ('KIND_UNKNOWN' satisfies FailureCode)) return null;
      throw error;
    }
    return answer.out.trim() === '' ? null : parsed(`${kind} ${name}`, answer.out, schema);
  }

  /**
   * All objects of a kind, in no order; none if the cluster does not know the kind.
   *
   * @param namespace null: in all namespaces, or a kind that has none
   */
  async list<S extends z.ZodType>(
    kind: string,
    namespace: string | null,
    schema: S,
    selector?: string,
  ): Promise<readonly z.infer<S>[]> {
    const where = namespace === null ? ['--all-namespaces'] : inNamespace(namespace);
    const chosen = selector === undefined ? [] : [`--selector=${selector}`];
    const words = ['get', kind, ...where, ...chosen, '-ojson'];
    const answer = await this.answer(words);
    if (answer.code !== 0) {
      const error = this.failed(words, answer);
      if (error.code === ('KIND_UNKNOWN' satisfies FailureCode)) return [];
      throw error;
    }
    const items = objectsOf(answered(kind, answer.out));
    return items.map((item) => checked(kind, item, schema));
  }

  /**
   * Server-side apply, and what it changed. Conflicts with other managers are errors unless `force`. In a dry run the
   * server judges and nothing is written. Objects travel by standard input.
   */
  async apply(
    objects: readonly object[],
    { force = false }: { readonly force?: boolean } = {},
  ): Promise<readonly Applied[]> {
    if (objects.length === 0) return [];
    for (const value of secretsOf(objects)) this.#redaction.add(value);
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
    const asked = ['get', '-f', '-', '--ignore-not-found', '-ojson'];
    const known = await this.answer(asked, input);
    // What it printed is left out of messages: Secrets that the cluster has hold values that nobody here knows.
    if (known.code !== 0) throw this.failed(asked, { ...known, out: '' });
    const before = new Map(objectsOf(answered('get', known.out)).map((one) => [titleOf(one), one]));
    const words = [
      'apply',
      '--server-side',
      `--field-manager=${this.options.fieldManager ?? 'orderbooks'}`,
      ...(force ? ['--force-conflicts'] : []),
      ...(this.dryRun ? ['--dry-run=server'] : []),
      '-f',
      '-',
      '-ojson',
    ];
    try {
      const answer = await this.answer(words, input);
      if (answer.code !== 0) throw this.failed(words, { ...answer, out: '' });
      return changesSince(before, objectsOf(answered('apply', answer.out, !this.dryRun)));
    } catch (error) {
      if (!this.dryRun && error instanceof ClusterError) await this.#lookBack(asked, input, before);
      throw error;
    }
  }

  /** kubectl goes on behind an object that is refused, and then prints none: what it has written can only be looked at. */
  async #lookBack(
    asked: readonly string[],
    input: string,
    before: ReadonlyMap<string, KubernetesObject>,
  ): Promise<void> {
    try {
      const found = await this.regardless().answer(asked, input, LOOK_BACK_TIMEOUT_MS);
      if (found.code !== 0) throw this.failed(asked, { ...found, out: '' });
      const after = changesSince(before, objectsOf(answered('get', found.out)));
      for (const made of after) if (made.change !== 'unchanged') noteChange(made);
    } catch (error) {
      if (!(error instanceof OrderbooksError)) throw error;
      const { length } = JSON.parse(input).items as readonly object[];
      noteChange({
        object: `${length === 1 ? 'the object' : `some of ${length} objects`}`,
        change: `perhaps (they could not be looked at: ${error.code})`,
      });
    }
  }

  /** The error of a call that ended with another code than 0. */
  failed(words: readonly string[], answer: Answer): ClusterError {
    return programError('kubectl', words, answer, this.#redaction);
  }
}

const DONE: Readonly<Record<string, string>> = {
  create: 'created',
  delete: 'deleted',
  patch: 'changed',
  replace: 'replaced',
};
/** What a change by words is about, such as `stages.kargo.akuity.io canary in orderbooks-delivery`. */
function namedBy(words: readonly string[]): string {
  const named = words.slice(1).filter((word) => !word.startsWith('-'));
  const space = words.find((word) => word.startsWith('--namespace='))?.slice('--namespace='.length);
  return `${named.join(' ')}${space === undefined ? '' : ` in ${space}`}`;
}

function changesSince(
  before: ReadonlyMap<string, KubernetesObject>,
  after: readonly KubernetesObject[],
): readonly Applied[] {
  return after.map((one) => ({
    object: titleOf(one),
    change: changeOf(before.get(titleOf(one)), one),
  }));
}

function changeOf(before: KubernetesObject | undefined, after: KubernetesObject): Change {
  if (before === undefined) return 'created';
  return comparable(before) === comparable(after) ? 'unchanged' : 'changed';
}

function inNamespace(namespace: string | null): readonly string[] {
  return namespace === null ? [] : [`--namespace=${namespace}`];
}

/** kubectl's JSON; an answer that ends in the middle is an error and no empty list. */
function answered(what: string, text: string, written = false): unknown {
  if (text.trim() === '') return null;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ClusterError(
      'BROKEN_ANSWER' satisfies FailureCode,
      `kubectl ${what}: expected whole JSON, seen ${text.length} characters that are not.${written ? OUTCOME_UNKNOWN : ' Run again.'}`,
      { cause },
    );
  }
}

function parsed<S extends z.ZodType>(what: string, text: string, schema: S): z.infer<S> {
  return checked(what, answered(what, text), schema);
}

function checked<S extends z.ZodType>(what: string, value: unknown, schema: S): z.infer<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new ClusterError(
    'OBJECT_UNEXPECTED',
    `${what}: ${issue?.path.join('.') || 'the object'}: ${issue?.message ?? 'not as expected'}; is this a version of the controllers that the bundle was written for?`,
    { cause: result.error },
  );
}
