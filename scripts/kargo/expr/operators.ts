/** How tightly operators bind. Larger binds tighter; `right` marks those that group from the right. */
export interface Operator {
  readonly precedence: number;
  readonly right?: boolean;
}

export const UNARY: ReadonlyMap<string, Operator> = table({ not: 50, '!': 50, '-': 90, '+': 90 });

export const BINARY: ReadonlyMap<string, Operator> = new Map([
  ...table({
    '|': 0,
    or: 10,
    '||': 10,
    and: 15,
    '&&': 15,
    '==': 20,
    '!=': 20,
    '<': 20,
    '>': 20,
    '>=': 20,
    '<=': 20,
    in: 20,
    matches: 20,
    contains: 20,
    startsWith: 20,
    endsWith: 20,
    '..': 25,
    '+': 30,
    '-': 30,
    '*': 60,
    '/': 60,
    '%': 60,
    '??': 500,
  }),
  ['**', { precedence: 100, right: true }],
  ['^', { precedence: 100, right: true }],
]);

/** Operators that may follow `not`, as in `x not in y`. */
export const NEGATABLE: ReadonlySet<string> = new Set([
  'contains',
  'matches',
  'startsWith',
  'endsWith',
  'in',
]);

export const COMPARISONS: ReadonlySet<string> = new Set(['<', '>', '>=', '<=']);

/** Words that are operators wherever they stand as a whole word. */
export const OPERATOR_WORDS: ReadonlySet<string> = new Set([
  'in',
  'or',
  'and',
  'matches',
  'contains',
  'startsWith',
  'endsWith',
  'let',
  'if',
  'else',
]);

function table(precedences: Readonly<Record<string, number>>): Map<string, Operator> {
  return new Map(Object.entries(precedences).map(([name, precedence]) => [name, { precedence }]));
}
