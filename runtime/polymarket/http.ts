import { isUtf8 } from 'node:buffer';
import { Agent, type Dispatcher, request } from 'undici';
import { OrderbooksError } from '../errors.ts';
import { codeAndMessageOf } from '../thrown.ts';

/** An answer as it came, or what there is of it: a failure is a value here, because failures are archived too. */
export interface HttpAnswer {
  /** 0 when no answer came. */
  readonly status: number;
  /** The body as text; of one that broke off the beginning, at most `KEPT_OF_BROKEN_BYTES`. */
  readonly body: string;
  /** The bytes of a body that is no valid UTF-8. */
  readonly invalidBytes?: Uint8Array;
  /** From `Retry-After` (seconds or a date), null without one. */
  readonly retryAfterMs: number | null;
  /** Why the answer is not whole, null when it is. A status of 4xx or 5xx alone is no error here. */
  readonly error: string | null;
}

export interface HttpRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly body?: string;
  readonly signal?: AbortSignal;
}

export interface HttpClient {
  send(request: HttpRequest): Promise<HttpAnswer>;
  close(): Promise<void>;
}

/**
 * 500 books are about 1.1 MB, a page of 500 events about 8 MB (facts/polymarket.md §1, §2); far above that a body is
 * hostile or wrong, and some at once must fit beside everything else into the memory of a pod.
 */
export const MAX_BODY_BYTES = 16_777_216;
/** Of a body that is not whole this much is kept, from its beginning: it is evidence and nothing is read from it. */
export const KEPT_OF_BROKEN_BYTES = 2_097_152;
/** A server may ask us to wait, but not for ever. */
export const MAX_RETRY_AFTER_MS = 300_000;

/** Requests to Gamma and CLOB: always with a user agent, a time limit over the whole answer, and bounded bodies. */
export function createHttpClient(options: {
  readonly userAgent: string;
  readonly timeoutMs: number;
}): HttpClient {
  const agent = new Agent({ connect: { timeout: options.timeoutMs }, pipelining: 1 });
  return {
    send: (wanted) => send(agent, options, wanted),
    close: () => agent.destroy(),
  };
}

async function send(
  agent: Agent,
  options: { readonly userAgent: string; readonly timeoutMs: number },
  wanted: HttpRequest,
): Promise<HttpAnswer> {
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = wanted.signal === undefined ? timeout : AbortSignal.any([timeout, wanted.signal]);
  const chunks: Buffer[] = [];
  let answer: Dispatcher.ResponseData | null = null;
  let error: string | null = null;
  try {
    answer = await request(wanted.url, {
      dispatcher: agent,
      method: wanted.method,
      headers: {
        'user-agent': options.userAgent,
        accept: 'application/json',
        ...(wanted.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: wanted.body ?? null,
      signal,
    });
    await readBody(answer.body, chunks);
  } catch (caught) {
    error = timeout.aborted
      ? `no whole answer within ${options.timeoutMs} ms`
      : codeAndMessageOf(caught);
  }
  const whole = Buffer.concat(chunks);
  const bytes = error === null ? whole : whole.subarray(0, KEPT_OF_BROKEN_BYTES);
  const body = decode(bytes);
  return {
    status: answer?.statusCode ?? 0,
    body: body.text,
    retryAfterMs: retryAfter(answer?.headers['retry-after']),
    error: error ?? body.error,
    ...(body.error === null ? {} : { invalidBytes: bytes }),
  };
}

async function readBody(stream: AsyncIterable<unknown>, chunks: Buffer[]): Promise<void> {
  let bytes = 0;
  for await (const chunk of stream) {
    const { buffer, byteOffset, byteLength } = chunk as Uint8Array<ArrayBuffer>;
    bytes += byteLength;
    if (bytes > MAX_BODY_BYTES) {
      throw new OrderbooksError(
        'BODY_TOO_LARGE',
        `expected a body of at most ${MAX_BODY_BYTES} bytes, more came; the rest was not read`,
      );
    }
    // A view, not a copy: a large body is in memory often enough.
    chunks.push(Buffer.from(buffer, byteOffset, byteLength));
  }
}

function decode(bytes: Buffer): { readonly text: string; readonly error: string | null } {
  return {
    text: bytes.toString('utf8'),
    error: isUtf8(bytes) ? null : 'the body is not valid UTF-8; what is kept has replacements',
  };
}

function retryAfter(header: string | string[] | undefined): number | null {
  return parseRetryAfter(Array.isArray(header) ? header[0] : header, Date.now());
}

/** Milliseconds that a `Retry-After` of seconds or an HTTP date asks for, at most `MAX_RETRY_AFTER_MS`. */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | null {
  if (header === undefined) return null;
  const wanted = /^\s*\d+(\.\d+)?\s*$/.test(header)
    ? Number(header) * 1000
    : Date.parse(header) - nowMs;
  return Number.isFinite(wanted) ? Math.min(Math.max(wanted, 0), MAX_RETRY_AFTER_MS) : null;
}
