import { z } from 'zod';
import { ClusterError } from './failure.ts';
import type { ClusterAccess } from './kubectl.ts';
import { type Answer, runProgram } from './program.ts';
import { endedWhile, isRead, programError } from './program-error.ts';
import { Redaction } from './redaction.ts';

export interface HelmOptions extends ClusterAccess {
  readonly signal: AbortSignal;
  readonly redaction?: Redaction;
  readonly environment?: NodeJS.ProcessEnv;
}

export interface Release {
  readonly name: string;
  readonly namespace: string;
  /** Such as `deployed`, `failed`, `pending-install`. */
  readonly status: string;
  /** Such as `argo-cd-9.4.3`. */
  readonly chart: string;
  readonly appVersion: string;
}

/** Asking is quick; installing takes as long as the caller says. */
const ASK_TIMEOUT_MS = 60_000;

const releases = z.array(
  z.object({
    name: z.string(),
    namespace: z.string(),
    status: z.string(),
    chart: z.string(),
    app_version: z.string().default(''),
  }),
);

/** Helm for one cluster. Values travel by standard input. */
export class Helm {
  readonly #options: HelmOptions;
  readonly #redaction: Redaction;

  constructor(options: HelmOptions) {
    this.#options = options;
    this.#redaction = options.redaction ?? new Redaction();
  }

  /** The same cluster for what must still be asked after an interruption. */
  regardless(): Helm {
    return new Helm({ ...this.#options, signal: new AbortController().signal });
  }

  /** Such as `v3.19.0`. */
  async version(): Promise<string> {
    const text = await this.run(['version', '--template={{.Version}}']);
    return text.trim();
  }

  /** All releases of a namespace, those that failed or hang too. */
  async releases(namespace: string): Promise<readonly Release[]> {
    const text = await this.run(['list', `--namespace=${namespace}`, '--all', '--output=json']);
    return parsed('list', text, releases).map(({ app_version, ...release }) => ({
      ...release,
      appVersion: app_version,
    }));
  }

  /** The values a release was installed with (not the chart's own); null where there were none. */
  async values(release: string, namespace: string): Promise<unknown> {
    const text = await this.run([
      'get',
      'values',
      release,
      `--namespace=${namespace}`,
      '--output=json',
    ]);
    return parsed('get values', text, z.unknown());
  }

  async run(words: readonly string[], input?: string, timeoutMs = ASK_TIMEOUT_MS): Promise<string> {
    this.#options.signal.throwIfAborted();
    let answer: Answer;
    try {
      answer = await this.#answer(words, input, timeoutMs);
    } catch (error) {
      throw isRead(words) ? error : endedWhile('helm', words, error);
    }
    if (answer.code === 0) return answer.out;
    throw programError('helm', words, answer, this.#redaction);
  }

  async #answer(
    words: readonly string[],
    input: string | undefined,
    timeoutMs: number,
  ): Promise<Answer> {
    const { kubeconfig, context, signal, environment } = this.#options;
    const offline = words[0] === 'version';
    return runProgram(
      'helm',
      [
        ...words,
        ...(kubeconfig === undefined || offline ? [] : [`--kubeconfig=${kubeconfig}`]),
        ...(context === undefined || offline ? [] : [`--kube-context=${context}`]),
      ],
      {
        signal,
        timeoutMs,
        ...(environment === undefined ? {} : { environment }),
        ...(input === undefined ? {} : { input }),
      },
    );
  }
}

function parsed<S extends z.ZodType>(what: string, text: string, schema: S): z.infer<S> {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new ClusterError(
      'BROKEN_ANSWER',
      `helm ${what}: expected whole JSON as Helm 3 prints it, seen ${text.length} characters that are not; run again`,
      { cause },
    );
  }
}
