import { lookup } from 'node:dns/promises';
import type { Dispatcher } from 'undici';
import { OrderbooksError } from '../../../runtime/errors.ts';
import { messageOf } from '../../../runtime/thrown.ts';
import { parseGoDuration } from '../go-duration.ts';
import { goQuote } from '../go-quote.ts';
import type { StepContext } from '../step.ts';
import type { HttpQuestion } from './config.ts';
import { StepEnd } from './outcome.ts';

export interface HttpAnswer {
  readonly status: number;
  /** By canonical name, such as `Content-Type`; each may have come several times. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: Buffer;
}

export interface AnswerLimits {
  /** Bytes; more is refused with `tooLarge`. */
  readonly largest: number;
  readonly tooLarge: (bytes: number | null) => string;
  /** Milliseconds where the configuration has no `timeout`. */
  readonly timeoutMs: number;
}

/**
 * Sends a request as Go's client does, with its words for what goes wrong. `null`: the address is not on this machine and the
 * world gives no other way, so nothing was sent.
 */
export async function ask(
  question: HttpQuestion,
  limits: AnswerLimits,
  context: StepContext,
): Promise<HttpAnswer | null> {
  const method = question.method ?? 'GET';
  const url = urlOf(question, method);
  const route = routeOf(url, context);
  if (route === null) return null;
  // Loaded where something is sent: few promotions do, and it is slower to load than all the steps together.
  const undici = await import('undici');
  const dispatcher = dispatcherOf(question, undici);
  const timeoutMs = timeoutOf(question.timeout, limits.timeoutMs);
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(timeoutMs)]);
  const names = headersOf(question, route);
  try {
    await refuseLinkLocal(route, method, url);
    const answer = await undici.request(bare(route), {
      method: method as Dispatcher.HttpMethod,
      headers: names,
      dispatcher,
      signal,
      ...(question.body === undefined || question.body === '' ? {} : { body: question.body }),
    });
    const headers = canonical(answer.headers);
    const length = Number(headers['Content-Length']?.[0] ?? 0);
    if (length > limits.largest) throw tooLarge(limits.tooLarge(length));
    return { status: answer.statusCode, headers, body: await bodyOf(answer.body, limits) };
  } catch (error) {
    if (error instanceof OrderbooksError) throw error;
    throw refusal(method, url, reasonOf(error, route, signal), error);
  } finally {
    await dispatcher.destroy();
  }
}

type Undici = typeof import('undici');

/** Redirects that are followed, as by Go's client. */
const MOST_REDIRECTS = 10;

function dispatcherOf(
  { insecureSkipTLSVerify = false, proxy }: HttpQuestion,
  { Agent, ProxyAgent, interceptors }: Undici,
): Dispatcher {
  const tls = { rejectUnauthorized: !insecureSkipTLSVerify };
  const direct =
    proxy === undefined
      ? new Agent({ connect: tls })
      : new ProxyAgent({ uri: proxy, requestTls: tls });
  return direct.compose(interceptors.redirect({ maxRedirections: MOST_REDIRECTS }));
}

function urlOf({ url, queryParams = [] }: HttpQuestion, method: string): URL {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(url)?.[1]?.toLowerCase() ?? '';
  if (scheme !== 'http' && scheme !== 'https') {
    const reason = `unsupported protocol scheme ${goQuote(scheme)}`;
    throw new OrderbooksError(
      'HTTP_REFUSED',
      `error sending HTTP request: ${verb(method)} ${goQuote(url)}: ${reason}`,
    );
  }
  if (!URL.canParse(url)) {
    const message = `error building HTTP request: error creating HTTP request: parse ${goQuote(url)}: invalid URL`;
    throw new StepEnd({ status: 'Errored', terminal: true, message });
  }
  const parsed = new URL(url);
  if (queryParams.length > 0) {
    const query = new URLSearchParams(parsed.search);
    for (const { name, value } of queryParams) query.append(name, value);
    // Go sorts by name.
    query.sort();
    parsed.search = query.toString();
  }
  return parsed;
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

function routeOf(url: URL, { world }: StepContext): URL | null {
  // Refused below, in Kargo's words.
  if (isLinkLocal(url.hostname)) return url;
  if (world.httpRoute !== undefined) return world.httpRoute(url);
  return LOOPBACK.test(url.hostname) ? url : null;
}

function headersOf(question: HttpQuestion, route: URL): string[] {
  const names = (question.headers ?? []).flatMap(({ name, value }) => [name, value]);
  const isGiven = names.some((name, at) => at % 2 === 0 && name.toLowerCase() === 'authorization');
  if (route.username !== '' && !isGiven) {
    const pair = `${decodeURIComponent(route.username)}:${decodeURIComponent(route.password)}`;
    names.push('Authorization', `Basic ${Buffer.from(pair).toString('base64')}`);
  }
  return [...names, 'User-Agent', 'Go-http-client/1.1'];
}

function bare(url: URL): URL {
  const copy = new URL(url);
  copy.username = '';
  copy.password = '';
  return copy;
}

function canonical(headers: Dispatcher.ResponseData['headers']): Record<string, readonly string[]> {
  const named: Record<string, readonly string[]> = Object.create(null);
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) named[headerName(name)] = Array.isArray(value) ? value : [value];
  }
  return named;
}

/** A header's name as Go writes it. */
export function headerName(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}

async function bodyOf(body: AsyncIterable<Buffer>, limits: AnswerLimits): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limits.largest) throw tooLarge(limits.tooLarge(null));
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(message: string): OrderbooksError {
  return new OrderbooksError('HTTP_BODY_TOO_LARGE', message);
}

/** The addresses under which clouds give their credentials away. */
function isLinkLocal(address: string): boolean {
  return /^169\.254\./.test(address) || /^\[?fe[89ab][0-9a-f]:/i.test(address);
}

async function refuseLinkLocal(route: URL, method: string, url: URL): Promise<void> {
  const host = route.hostname.replace(/^\[|\]$/g, '');
  const addresses = await lookup(host, { all: true });
  if (!addresses.every(({ address }) => isLinkLocal(address))) return;
  const reason = `connections to link-local addresses are not permitted (host ${goQuote(host)} resolved to link-local IPs only)`;
  throw refusal(method, url, reason);
}

function refusal(method: string, url: URL, reason: string, cause?: unknown): OrderbooksError {
  const shown = new URL(url);
  if (shown.password !== '') shown.password = '***';
  return new OrderbooksError(
    'HTTP_REFUSED',
    `error sending HTTP request: ${verb(method)} ${goQuote(shown.href)}: ${reason}`,
    { cause },
  );
}

function verb(method: string): string {
  return method.charAt(0) + method.slice(1).toLowerCase();
}

function reasonOf(error: unknown, route: URL, signal: AbortSignal): string {
  if (signal.aborted) {
    return 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const port = route.port || (route.protocol === 'https:' ? '443' : '80');
  if (code === 'ECONNREFUSED') {
    return `dial tcp ${route.hostname}:${port}: connect: connection refused`;
  }
  if (code === 'ENOTFOUND')
    return `failed to resolve host ${goQuote(route.hostname)}: lookup ${route.hostname}: no such host`;
  return messageOf(error);
}

function timeoutOf(configured: string | undefined, otherwise: number): number {
  if (configured === undefined) return otherwise;
  const parsed = parseGoDuration(configured);
  if (typeof parsed === 'number' && parsed > 0) return parsed;
  const message = `error creating HTTP client: error parsing timeout: ${parsed}`;
  throw new StepEnd({ status: 'Errored', terminal: true, message });
}
