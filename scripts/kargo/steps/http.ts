import { OrderbooksError } from '../../../runtime/errors.ts';
import { Fault } from '../expr/error.ts';
import { fromJson, HostObject, typeName } from '../expr/index.ts';
import { parseJson } from '../expr/json-parse.ts';
import { arrayOf, Sized, type Value } from '../expr/value.ts';
import { clockFunctions } from '../functions/clock.ts';
import { parseGoDuration } from '../go-duration.ts';
import { goQuote } from '../go-quote.ts';
import type { StepContext, StepResult, StepRunner } from '../step.ts';
import { type HttpConfig, validateConfig } from './config.ts';
import { evaluateExpression, evaluateOutputs, type Wording } from './expression-outputs.ts';
import { type AnswerLimits, ask, type HttpAnswer, headerName } from './http-request.ts';
import { outcome, StepEnd } from './outcome.ts';
import { yamlValue } from './yaml-value.ts';

const KIND = 'http';

/**
 * Sends a request and judges the answer: `failureExpression` true fails for good, `successExpression` true succeeds,
 * with neither of them 2xx succeeds, and in all other cases it is asked again (facts/kargo.md §3). A request to another
 * machine is simulated as answered with 200 and nothing.
 */
export const http: StepRunner = {
  kind: KIND,
  validate: (config) => validateConfig(KIND, config),
  run: (config, context) =>
    outcome(context, () => request(config as unknown as HttpConfig, context)),
};

const LARGEST_BODY_BYTES = 2 * 1024 * 1024;
const BODY_PROBLEM = 'error building expression context from HTTP response';
const LIMITS: AnswerLimits = {
  largest: LARGEST_BODY_BYTES,
  tooLarge: (bytes) =>
    bytes === null
      ? `${BODY_PROBLEM}: reading response body: content exceeds limit of ${LARGEST_BODY_BYTES} bytes`
      : `${BODY_PROBLEM}: response body size ${bytes} exceeds limit of ${LARGEST_BODY_BYTES} bytes`,
  timeoutMs: 10_000,
};
const DEFAULT_POLL_MS = 30_000;
const ASSUMED: HttpAnswer = { status: 200, headers: {}, body: Buffer.alloc(0) };

async function request(config: HttpConfig, context: StepContext): Promise<StepResult> {
  const answer = await ask(config, LIMITS, context);
  const result = judged(config, answer ?? ASSUMED, context);
  if (answer !== null) return result;
  const simulated = `no request was sent to ${new URL(config.url).host}: only this machine is reached here; assumed an empty answer with status 200`;
  return { ...result, simulated };
}

function judged(config: HttpConfig, answer: HttpAnswer, context: StepContext): StepResult {
  const data: Value = { response: responseOf(answer, config.responseContentType ?? '') };
  const functions = clockFunctions(context.world);
  const criterion = (source: string | undefined, name: string): boolean | null => {
    if (source === undefined || source === '') return null;
    const doing = `error evaluating ${name} criteria`;
    const called = `${name} expression ${goQuote(source)}`;
    const value = evaluateExpression(
      source,
      data,
      functions,
      `${doing}: error compiling ${called}`,
      `${doing}: error evaluating ${called}`,
      true,
    );
    if (typeof value === 'boolean') return value;
    throw new OrderbooksError(
      'HTTP_CRITERION',
      `${doing}: ${called} did not evaluate to a boolean (got ${typeName(value)})`,
    );
  };
  const success = criterion(config.successExpression, 'success');
  const failure = criterion(config.failureExpression, 'failure');
  if (failure === true) {
    const detail = ownMessage(config.errorExpression ?? '', data, functions);
    const message = `HTTP (${answer.status}) response met failure criteria${detail === '' ? '' : `: ${goQuote(detail)}`}`;
    return { status: 'Failed', terminal: true, message };
  }
  const isGood = answer.status >= 200 && answer.status < 300;
  if (success === true || (success === null && failure === null && isGood)) {
    const outputs = evaluateOutputs(config.outputs ?? [], data, functions, WORDING);
    return { status: 'Succeeded', ...outputs };
  }
  // Kargo gives no reason: the step goes on until its time is over.
  if (success === null && failure === null) return { status: 'Failed' };
  return { status: 'Running', retryAfterMs: pollMs(config.pollInterval) };
}

const DOING = 'error extracting outputs from HTTP response';
const WORDING: Wording = {
  compiling: ({ name }) => `${DOING}: error compiling output expression ${goQuote(name)}`,
  evaluating: ({ name }) => `${DOING}: error evaluating output expression ${goQuote(name)}`,
  terminal: true,
};

/** What the answer itself says of its failure; nothing where its expression does not fit the answer. */
function ownMessage(
  source: string,
  data: Value,
  functions: ReturnType<typeof clockFunctions>,
): string {
  if (source === '') return '';
  const compiling = `error compiling error expression ${goQuote(source)}`;
  try {
    const value = evaluateExpression(source, data, functions, compiling, '', true);
    return typeof value === 'string' ? value : '';
  } catch (error) {
    if (error instanceof StepEnd || !(error instanceof OrderbooksError)) throw error;
    return '';
  }
}

function pollMs(configured: string | undefined): number {
  if (configured === undefined) return DEFAULT_POLL_MS;
  const interval = parseGoDuration(configured);
  if (typeof interval === 'number') return interval;
  throw new OrderbooksError('POLL_INTERVAL', `error parsing pollInterval: ${interval}`);
}

function responseOf({ status, headers, body }: HttpAnswer, contentType: string): Value {
  return {
    status: new Sized('int64', BigInt(status)),
    header: (name) => headers[headerName(String(name ?? ''))]?.[0] ?? '',
    headers: new HostObject(
      'http.Header',
      Object.fromEntries(
        Object.entries(headers).map(([name, values]) => [name, arrayOf('[]string', [...values])]),
      ),
    ),
    body: bodyOf(body.toString('utf8'), contentType || headers['Content-Type']?.[0] || ''),
  };
}

const YAML_TYPES: ReadonlySet<string> = new Set([
  'application/yaml',
  'text/yaml',
  'application/x-yaml',
]);

/** What is of no known type is taken for JSON if it is JSON, and else for nothing. */
function bodyOf(text: string, contentType: string): Value {
  if (text === '') return {};
  const type = (contentType.split(';')[0] ?? '').trim().toLowerCase();
  if (type === 'text/plain') return text;
  if (YAML_TYPES.has(type)) return parsed('YAML', () => yamlValue(text));
  if (type === 'application/json') return parsed('JSON', () => parseJson(text));
  try {
    return fromJson(JSON.parse(text));
  } catch {
    // Kargo leaves such a body out.
    return {};
  }
}

function parsed(format: string, parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const message = `${BODY_PROBLEM}: failed to parse ${format} response: ${error.message}`;
    throw new OrderbooksError('HTTP_BODY_MALFORMED', message, { cause: error });
  }
}
