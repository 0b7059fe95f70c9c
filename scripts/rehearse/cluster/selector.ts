import { ApiError } from './api-error.ts';
import { at, fields, list, stringFields, strings, text } from './fields.ts';

export type Labels = Readonly<Record<string, string>>;
export type Selector = (labels: Labels) => boolean;

/**
 * Parses the `labelSelector` of a request: `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b,c)`, `a`, `!a`,
 * joined by commas. Throws a BadRequest on anything else.
 */
export function parseSelector(expression: string): Selector {
  const requirements = expression
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(requirement);
  return (labels) => requirements.every((matches) => matches(labels));
}

/** The selector of an object: `{matchLabels, matchExpressions}`. An empty one matches everything. */
export function objectSelector(selector: unknown): Selector {
  const wanted = Object.entries(stringFields(at(selector, 'matchLabels')));
  const expressions = list(at(selector, 'matchExpressions')).map((each) => {
    const { key, operator, values } = fields(each);
    return expressionMatches(text(key) ?? '', text(operator) ?? '', strings(values));
  });
  return (labels) =>
    wanted.every(([key, value]) => labels[key] === value) &&
    expressions.every((matches) => matches(labels));
}

function requirement(part: string): Selector {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(part);
  if (set !== null) {
    const values = (set[3] ?? '').split(',').map((value) => value.trim());
    return expressionMatches(set[1] ?? '', set[2] === 'in' ? 'In' : 'NotIn', values);
  }
  const equal = /^([^\s!=]+)\s*(==|=|!=)\s*([^\s=]*)$/.exec(part);
  if (equal !== null) {
    return expressionMatches(equal[1] ?? '', equal[2] === '!=' ? 'NotIn' : 'In', [equal[3] ?? '']);
  }
  const exists = /^(!?)\s*([^\s!=]+)$/.exec(part);
  if (exists !== null) {
    return expressionMatches(exists[2] ?? '', exists[1] === '!' ? 'DoesNotExist' : 'Exists', []);
  }
  throw new ApiError(400, 'BadRequest', `unable to parse requirement: found '${part}'`);
}

function expressionMatches(key: string, operator: string, values: readonly string[]): Selector {
  switch (operator) {
    case 'In':
      return (labels) => labels[key] !== undefined && values.includes(labels[key]);
    case 'NotIn':
      return (labels) => labels[key] === undefined || !values.includes(labels[key]);
    case 'Exists':
      return (labels) => labels[key] !== undefined;
    case 'DoesNotExist':
      return (labels) => labels[key] === undefined;
    default:
      throw new ApiError(400, 'BadRequest', `"${operator}" is not a valid label selector operator`);
  }
}
