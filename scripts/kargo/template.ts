import { OrderbooksError } from '../../runtime/errors.ts';
import { coerce, type Json } from './coercion.ts';
import { ExprError, Fault } from './expr/error.ts';
import type { FunctionTable } from './expr/host.ts';
import { compile, type Environment, fromJson, type Program, run } from './expr/index.ts';
import type { Value } from './expr/value.ts';
import { quotingFunctions } from './functions/quoting.ts';
import { goJson } from './go-json.ts';

/** What expressions of a template can name. Variables are plain JSON. */
export interface Scope {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly functions: FunctionTable;
}

/**
 * A template that cannot be evaluated. `message` is what Kargo says; `field` says where in the object the template
 * stands, such as `config.message` or `vars.image`.
 */
export class TemplateError extends OrderbooksError {
  readonly field: string;

  constructor(message: string, field: string, options?: { readonly cause?: unknown }) {
    super('KARGO_TEMPLATE_INVALID', message, options);
    this.field = field;
  }
}

/** The first end delimiter ends an expression, wherever it stands. */
const DELIMITERS = [
  { start: '${{', end: '}}' },
  { start: '${%', end: '%}' },
] as const;

/** Names a JSON template keeps for itself; `unsafeQuote` is not among them. */
const RESERVED = ['quote', 'asYAML', 'asJSON'];

/**
 * Evaluates one text. Without any delimiter it stays as it is; with one the whole result is coerced
 * (facts/expr-and-templates.md, "Templates").
 *
 * @throws TemplateError
 */
export function evaluateTemplate(template: string, scope: Scope, field: string): Json {
  return prepareTemplate(template, scope.functions, field)(jsonVariables(scope.variables));
}

/**
 * A text to be evaluated any number of times, each time with other variables. Its expressions are compiled when they are
 * first reached, so that faults come in Kargo's order.
 */
export function prepareTemplate(
  template: string,
  functions: FunctionTable,
  field: string,
): (variables: Environment) => Json {
  if (!DELIMITERS.some(({ start }) => template.includes(start))) return () => template;
  const fill = filling(template, { ...functions, ...quotingFunctions });
  return (variables) => said(field, () => coerce(fill(variables)));
}

/** Plain JSON as expressions see it. */
export function jsonVariables(variables: Scope['variables']): Environment {
  const values: Record<string, Value> = {};
  for (const [name, value] of Object.entries(variables)) values[name] = fromJson(value);
  return values;
}

function said(field: string, evaluate: () => Json): Json {
  try {
    return evaluate();
  } catch (error) {
    if (error instanceof ExprError || error instanceof Fault) {
      throw new TemplateError(error.message, field, { cause: error });
    }
    throw error;
  }
}

/**
 * Evaluates every text value of an object; keys stay as they are. Anything but an object (or nothing) is an error, in
 * the words of Go's JSON decoder.
 *
 * @throws TemplateError
 */
export function evaluateJsonTemplate(template: unknown, scope: Scope, field: string): Json {
  const reserved = RESERVED.find((name) => Object.hasOwn(scope.variables, name));
  if (reserved !== undefined) {
    throw new TemplateError(
      `${JSON.stringify(reserved)} is a forbidden key in the environment map; it is reserved for internal use`,
      field,
    );
  }
  if (template === null) return null;
  if (typeof template !== 'object' || Array.isArray(template)) {
    const type = Array.isArray(template) ? 'array' : goJsonKind(template);
    throw new TemplateError(
      `input is not valid JSON; are all expressions enclosed in quotes? json: cannot unmarshal ${type} into Go value of type map[string]interface {}`,
      field,
    );
  }
  return evaluated(template, scope, field);
}

function evaluated(value: unknown, scope: Scope, field: string): Json {
  if (typeof value === 'string') {
    const result = evaluateTemplate(value, scope, field);
    if (typeof result === 'number' && !Number.isFinite(result)) {
      const name = Number.isNaN(result) ? 'NaN' : result < 0 ? '-Inf' : '+Inf';
      throw new TemplateError(`json: unsupported value: ${name}`, field);
    }
    // Bytes that are no UTF-8 end here, as in Go's JSON.
    return typeof result === 'string' ? result.toWellFormed() : result;
  }
  if (Array.isArray(value)) {
    return value.map((entry, index) => evaluated(entry, scope, `${field}[${index}]`));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => [
        key,
        evaluated(entry, scope, `${field}.${key}`),
      ]),
    );
  }
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  throw new TemplateError(`expected JSON, got ${typeof value}`, field);
}

/** Gives the text with the expressions' values in place. */
function filling(template: string, functions: FunctionTable): (variables: Environment) => string {
  const programs = new Map<string, Program>();
  const program = (expression: string): Program => {
    const known = programs.get(expression);
    if (known !== undefined) return known;
    const fresh = compile(expression, { functions });
    programs.set(expression, fresh);
    return fresh;
  };
  const pieces = piecesOf(template);
  return (variables) => {
    let result = '';
    for (const piece of pieces) {
      if (piece instanceof Fault) throw piece;
      if (typeof piece === 'string') result += piece;
      else {
        const value = run(program(piece.expression), variables);
        result += typeof value === 'string' ? value : goJson(value);
      }
    }
    return result;
  };
}

/** Texts and expressions in turn; a fault stands where the template goes wrong. */
function piecesOf(template: string): readonly (string | { readonly expression: string } | Fault)[] {
  const pieces: (string | { readonly expression: string } | Fault)[] = [];
  let rest = template;
  try {
    for (;;) {
      const next = nextExpression(rest);
      if (next === undefined) return [...pieces, rest];
      pieces.push(next.before);
      // Nothing at all between the delimiters stops the evaluation and leaves the rest as it is.
      if (next.expression === '') return [...pieces, next.after];
      pieces.push({ expression: next.expression });
      rest = next.after;
    }
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return [...pieces, error];
  }
}

function nextExpression(
  template: string,
): { readonly before: string; readonly expression: string; readonly after: string } | undefined {
  let first: { readonly start: string; readonly end: string; readonly at: number } | undefined;
  for (const { start, end } of DELIMITERS) {
    const at = template.indexOf(start);
    if (at >= 0 && (first === undefined || at < first.at)) first = { start, end, at };
  }
  if (first === undefined) return undefined;
  const from = first.at + first.start.length;
  const to = template.indexOf(first.end, from);
  if (to < 0) {
    throw new Fault(
      `unclosed expression: expected ${JSON.stringify(first.end)} but reached end of template`,
    );
  }
  return {
    before: template.slice(0, first.at),
    expression: template.slice(from, to),
    after: template.slice(to + first.end.length),
  };
}

function goJsonKind(value: unknown): string {
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
}
