/**
 * Shapes of step configurations, and the check of a value against one, in the words of Kargo's own check:
 * a promotion that is refused here is refused there with the same message (oracle `kargo-errors`).
 */
export interface Shape {
  readonly type?: ShapeType;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  /** Keys outside `properties` are refused (`closed`) or must have this shape. */
  readonly others?: 'closed' | Shape;
  readonly minProperties?: number;
  readonly items?: Shape;
  readonly minItems?: number;
  readonly uniqueItems?: boolean;
  readonly minLength?: number;
  /** A regular expression that a text has to match somewhere. */
  readonly pattern?: string;
  readonly format?: 'email' | 'uri';
  readonly minimum?: number;
  readonly maximum?: number;
  readonly oneOfValues?: readonly Primitive[];
  readonly exactlyOne?: readonly Shape[];
  readonly atLeastOne?: readonly Shape[];
}

export type ShapeType = 'object' | 'array' | 'string' | 'boolean' | 'integer';
type Primitive = string | boolean | null;

/** Problems of `value`, each as `<path>: <what is wrong>`; empty if it has the shape. */
export function problemsOf(value: unknown, shape: Shape): readonly string[] {
  return check(value, shape, ROOT).problems;
}

const ROOT = '(root)';

/**
 * Where none of several alternatives fits, Kargo shows the problems of the one that came nearest. Nearness is a count:
 * a check that held adds one, a problem takes two away.
 */
interface Verdict {
  readonly problems: readonly string[];
  readonly nearness: number;
}

class Tally {
  readonly problems: string[] = [];
  nearness = 0;

  held(): void {
    this.nearness += 1;
  }

  problem(path: string, text: string): void {
    this.problems.push(`${path}: ${text}`);
    this.nearness -= 2;
  }

  include(verdict: Verdict): void {
    this.problems.push(...verdict.problems);
    this.nearness += verdict.nearness;
  }
}

function check(value: unknown, shape: Shape, path: string): Verdict {
  const tally = new Tally();
  const given = typeOf(value);
  if (shape.type !== undefined && shape.type !== given) {
    tally.problem(path, `Invalid type. Expected: ${shape.type}, given: ${given}`);
    return tally;
  }
  checkAlternatives(value, shape, path, tally);
  if (isObject(value)) checkObject(value, shape, path, tally);
  if (Array.isArray(value)) checkArray(value, shape, path, tally);
  if (typeof value === 'number') checkNumber(value, shape, path, tally);
  if (typeof value === 'string') checkString(value, shape, path, tally);
  checkValues(value, shape, path, tally);
  if (isObject(value)) {
    for (const [key, inner] of Object.entries(shape.properties ?? {})) {
      if (Object.hasOwn(value, key)) tally.include(check(value[key], inner, join(path, key)));
    }
  }
  tally.held();
  return tally;
}

function checkAlternatives(value: unknown, shape: Shape, path: string, tally: Tally): void {
  if (shape.atLeastOne !== undefined) {
    const verdicts = shape.atLeastOne.map((alternative) => check(value, alternative, path));
    if (verdicts.every(({ problems }) => problems.length > 0)) {
      tally.problem(path, 'Must validate at least one schema (anyOf)');
      tally.include(nearest(verdicts));
    }
  }
  if (shape.exactlyOne !== undefined) {
    const verdicts = shape.exactlyOne.map((alternative) => check(value, alternative, path));
    const fitting = verdicts.filter(({ problems }) => problems.length === 0).length;
    if (fitting !== 1) tally.problem(path, 'Must validate one and only one schema (oneOf)');
    if (fitting === 0) tally.include(nearest(verdicts));
  }
  tally.held();
}

function nearest(verdicts: readonly Verdict[]): Verdict {
  return verdicts.reduce((best, verdict) => (verdict.nearness > best.nearness ? verdict : best));
}

function checkObject(
  value: Readonly<Record<string, unknown>>,
  shape: Shape,
  path: string,
  tally: Tally,
): void {
  if (shape.minProperties !== undefined && Object.keys(value).length < shape.minProperties) {
    tally.problem(path, `Must have at least ${shape.minProperties} properties`);
  }
  for (const key of shape.required ?? []) {
    if (Object.hasOwn(value, key)) tally.held();
    else tally.problem(path, `${key} is required`);
  }
  for (const key of Object.keys(value)) {
    if (shape.others === undefined || Object.hasOwn(shape.properties ?? {}, key)) continue;
    if (shape.others === 'closed') {
      tally.problem(path, `Additional property ${key} is not allowed`);
    } else {
      tally.include(check(value[key], shape.others, join(path, key)));
    }
  }
  tally.held();
}

function checkArray(value: readonly unknown[], shape: Shape, path: string, tally: Tally): void {
  const { items } = shape;
  if (items !== undefined) {
    for (const [index, item] of value.entries()) {
      tally.include(check(item, items, join(path, String(index))));
    }
  }
  if (shape.minItems !== undefined && value.length < shape.minItems) {
    tally.problem(path, `Array must have at least ${shape.minItems} items`);
  }
  if (shape.uniqueItems === true) {
    const texts = value.map((item) => JSON.stringify(item));
    for (const [index, item] of texts.entries()) {
      const first = texts.indexOf(item);
      if (first !== index) tally.problem(path, `array items[${first},${index}] must be unique`);
    }
  }
  tally.held();
}

function checkNumber(value: number, shape: Shape, path: string, tally: Tally): void {
  if (shape.minimum !== undefined && value < shape.minimum) {
    tally.problem(path, `Must be greater than or equal to ${goNumber(shape.minimum)}`);
  }
  if (shape.maximum !== undefined && value > shape.maximum) {
    tally.problem(path, `Must be less than or equal to ${goNumber(shape.maximum)}`);
  }
  tally.held();
}

function checkString(value: string, shape: Shape, path: string, tally: Tally): void {
  if (shape.minLength !== undefined && [...value].length < shape.minLength) {
    tally.problem(path, `String length must be greater than or equal to ${shape.minLength}`);
  }
  if (shape.pattern !== undefined && !new RegExp(shape.pattern).test(value)) {
    tally.problem(path, `Does not match pattern '${shape.pattern}'`);
  }
  if (shape.format !== undefined && !FORMATS[shape.format](value)) {
    tally.problem(path, `Does not match format '${shape.format}'`);
  }
  tally.held();
}

function checkValues(value: unknown, shape: Shape, path: string, tally: Tally): void {
  const allowed = shape.oneOfValues;
  if (allowed !== undefined && !allowed.some((candidate) => candidate === value)) {
    const list = allowed.map((candidate) => JSON.stringify(candidate)).join(', ');
    tally.problem(path, `${path} must be one of the following: ${list}`);
  }
  tally.held();
}

function join(path: string, key: string): string {
  return path === ROOT ? key : `${path}.${key}`;
}

function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Go prints large floats with an exponent of at least two digits. */
function goNumber(value: number): string {
  if (Math.abs(value) < 1e6) return String(value);
  return value.toExponential().replace(/e\+(\d)$/, 'e+0$1');
}

const FORMATS = { email: isMailAddress, uri: isUri } as const;

/** What Go's URL parser takes and finds a scheme in. */
function isUri(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:[^\\\p{Cc}]*$/u.test(text);
}

/** `name@host`, or `Any Text <name@host>`, about as Go's address parser takes it. */
function isMailAddress(text: string): boolean {
  const address = /^[^<>]*<([^<>]+)>\s*$/.exec(text)?.[1] ?? text.trim();
  const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\u0080-\\uffff-]+";
  const DOTTED = `${ATOM}(\\.${ATOM})*`;
  return new RegExp(`^(${DOTTED}|"[^"]*")@(${DOTTED}|\\[[^\\]]*\\])$`).test(address);
}
