import { setTimeout as delay } from 'node:timers/promises';
import type { z } from 'zod';
import { errorText } from '../error.ts';
import { PlatformError, type PlatformErrorCode } from '../platform-error.ts';
import type { Answer, Cluster } from './cluster.ts';

export type Verb = 'get' | 'list' | 'create' | 'update' | 'delete';

/** One request as Kubernetes names it: what a Role has to allow. */
export interface ApiRequest {
  readonly verb: Verb;
  /** API group, '' for the core. */
  readonly group: string;
  readonly version: string;
  /** `pods`, `pods/log` … */
  readonly resource: string;
  readonly namespace: string;
  readonly name?: string;
  /** Path below the subresource, for the proxy. */
  readonly tail?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface Api {
  /** JSON of the schema; a PlatformError for everything else. */
  json<S extends z.ZodType>(request: ApiRequest, schema: S): Promise<z.infer<S>>;
  text(request: ApiRequest): Promise<string>;
}

export interface ApiOptions {
  /** Ends calls and waits between attempts of a run that is aborted; cleaning up is done without it. */
  readonly signal: AbortSignal;
  readonly callTimeoutMs?: number;
  /** Between attempts. */
  wait?(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** Connections to something that is going away hang for 30 s (facts/observed.md 20); three short tries see more. */
const CALL_TIMEOUT_MS = 10_000;
const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 250;
/** An API server under load may ask for longer pauses; longer than this only wastes the run's own deadline. */
const LONGEST_PAUSE_MS = 5000;
/** An inspector's report is at most some megabytes; more is not one. */
const MAX_ANSWER_CHARACTERS = 32 * 1024 * 1024;

const METHODS = {
  get: 'GET',
  list: 'GET',
  create: 'POST',
  update: 'PUT',
  delete: 'DELETE',
} as const;

/** Sends requests with time-outs and bounded retries, and turns what goes wrong into errors that say what to do. */
export function createApi(cluster: Cluster, options: ApiOptions): Api {
  const send = (request: ApiRequest): Promise<string> => sendRetrying(cluster, options, request);
  return {
    text: send,
    async json(request, schema) {
      const text = await send(request);
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch (error) {
        throw new PlatformError(
          'PLATFORM_ANSWER_INVALID',
          `${describe(request)}: expected JSON, got ${text.length} characters that are none (cut off?): ${JSON.stringify(text.slice(0, 80))}`,
          { cause: error },
        );
      }
      const result = schema.safeParse(value);
      if (result.success) return result.data;
      const issue = result.error.issues[0];
      throw new PlatformError(
        'PLATFORM_ANSWER_INVALID',
        `${describe(request)}: the answer is not what was asked for: ${issue?.path.join('.') || 'whole answer'}: ${issue?.message ?? 'unknown'}`,
        { cause: result.error },
      );
    },
  };
}

/** `verb resource name in namespace`, for messages. */
export function describe({ verb, resource, group, name, namespace }: ApiRequest): string {
  const kind = group === '' ? resource : `${resource}.${group}`;
  return `${verb} ${kind}${name === undefined ? '' : ` ${name}`} in namespace ${namespace}`;
}

async function sendRetrying(
  cluster: Cluster,
  options: ApiOptions,
  request: ApiRequest,
): Promise<string> {
  // A pod that is going away answers its proxy with errors; whoever polls it asks again anyway.
  const attempts = request.resource === 'pods/proxy' ? 1 : ATTEMPTS;
  const reasons: string[] = [];
  for (let attempt = 1; ; attempt++) {
    options.signal.throwIfAborted();
    const outcome = await sendOnce(cluster, options, request);
    if (typeof outcome === 'string') return outcome;
    options.signal.throwIfAborted();
    reasons.push(outcome.error.message);
    if (!outcome.again || attempt >= attempts) throw withHistory(outcome.error, reasons);
    const pause = outcome.pauseMs ?? FIRST_PAUSE_MS * 2 ** (attempt - 1);
    await (options.wait ?? waitFor)(Math.min(pause, LONGEST_PAUSE_MS), options.signal);
  }
}

interface Failure {
  readonly error: PlatformError;
  readonly again: boolean;
  readonly pauseMs?: number;
}

async function sendOnce(
  cluster: Cluster,
  options: ApiOptions,
  request: ApiRequest,
): Promise<string | Failure> {
  const timeoutMs = options.callTimeoutMs ?? CALL_TIMEOUT_MS;
  let answer: Answer;
  let text: string;
  try {
    const signal = AbortSignal.any([options.signal, AbortSignal.timeout(timeoutMs)]);
    answer = await cluster.send({
      method: METHODS[request.verb],
      path: pathOf(request),
      body: request.body,
      signal,
    });
    text = await answer.text();
  } catch (error) {
    if (error instanceof PlatformError) return { error, again: false };
    const unreachable = new PlatformError(
      'PLATFORM_UNREACHABLE',
      `${describe(request)}: no whole answer from ${cluster.server} within ${timeoutMs} ms: ${causes(error)}; is the server slow, cut off, or behind a proxy that ends answers?`,
      { cause: error },
    );
    return { error: unreachable, again: true };
  }
  if (text.length > MAX_ANSWER_CHARACTERS) {
    const tooLong = `${describe(request)}: the answer has ${text.length} characters, more than ${MAX_ANSWER_CHARACTERS}`;
    return { error: new PlatformError('PLATFORM_ANSWER_INVALID', tooLong), again: false };
  }
  if (answer.status >= 200 && answer.status < 300) return text;
  return refusal(request, answer, text);
}

function refusal(request: ApiRequest, answer: Answer, text: string): Failure {
  const said = messageOf(text);
  const { code, advice, again } = meaning(answer.status, request);
  const retryAfter = Number(answer.headers['retry-after']);
  return {
    error: new PlatformError(code, `${describe(request)}: ${answer.status} ${said}${advice}`),
    again,
    ...(retryAfter > 0 ? { pauseMs: retryAfter * 1000 } : {}),
  };
}

function meaning(
  status: number,
  { verb, resource, group, namespace }: ApiRequest,
): { readonly code: PlatformErrorCode; readonly advice: string; readonly again: boolean } {
  switch (status) {
    case 401:
      return {
        code: 'PLATFORM_UNAUTHORIZED',
        advice: '; the token or certificate is missing, wrong or expired',
        again: false,
      };
    case 403:
      return {
        code: 'PLATFORM_FORBIDDEN',
        advice: `; a Role in namespace ${namespace} has to allow verb ${verb} on resource ${resource} of API group ${JSON.stringify(group)}`,
        again: false,
      };
    case 404:
      return { code: 'PLATFORM_NOT_FOUND', advice: '', again: false };
    case 409:
      return {
        code: 'PLATFORM_CONFLICT',
        advice: '; somebody else changes the same thing, or made it before',
        again: false,
      };
    case 429:
      return {
        code: 'PLATFORM_FAILING',
        advice: '; the API server sheds load: wait a minute and run again',
        again: true,
      };
    default:
      return status >= 500
        ? {
            code: 'PLATFORM_FAILING',
            advice: '; the API server, or what it asked, fails: kubectl get --raw /readyz?verbose',
            again: true,
          }
        : { code: 'PLATFORM_REFUSED', advice: '', again: false };
  }
}

/** The API server explains itself in a Status object; proxies in plain text. */
function messageOf(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'message' in value) {
      return String(value.message);
    }
  } catch {
    // No JSON: the text itself is all there is to say.
  }
  return text.trim().slice(0, 300) || '(no explanation)';
}

function withHistory(error: PlatformError, reasons: readonly string[]): PlatformError {
  if (reasons.length === 1) return error;
  return new PlatformError(
    error.code,
    `${error.message} (gave up after ${reasons.length} attempts)`,
    {
      cause: error,
    },
  );
}

/** `fetch failed` alone helps nobody: what lies beneath says why. */
function causes(error: unknown): string {
  const inner = error instanceof Error && error.cause !== undefined ? error.cause : null;
  return inner === null ? errorText(error) : `${errorText(error)}: ${errorText(inner)}`;
}

function pathOf({ group, version, namespace, resource, name, tail, query }: ApiRequest): string {
  const [kind, subresource] = resource.split('/');
  const segments = [
    ...(group === '' ? ['api'] : ['apis', group]),
    version,
    // A review of our own rights is of no namespace.
    ...(namespace === '' ? [] : ['namespaces', namespace]),
    kind ?? resource,
    ...(name === undefined ? [] : [name]),
    ...(subresource === undefined ? [] : [subresource]),
    ...(tail === undefined ? [] : [tail]),
  ];
  const search = new URLSearchParams(query).toString();
  // Relative, so that an API server below a path prefix (a proxy) keeps its prefix.
  return `${segments.map(encoded).join('/')}${search === '' ? '' : `?${search}`}`;
}

/** Colons stay as they are: `POD:8080` names a port of the proxy. */
function encoded(segment: string): string {
  return encodeURIComponent(segment).replaceAll('%3A', ':');
}

async function waitFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal });
}
