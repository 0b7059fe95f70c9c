/** Go's kinds, by the names that package reflect gives them. */
export type Kind =
  | 'bool'
  | 'int'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'float64'
  | 'string'
  | 'slice'
  | 'array'
  | 'map'
  | 'struct'
  | 'interface'
  | 'func'
  | 'ptr';

/** A Go type. There is one object per type, so types are compared by identity. */
export interface GoType {
  /** As Go prints it: `map[string]interface {}`. */
  readonly text: string;
  readonly kind: Kind;
  /** It was declared with a name in a package, such as time.Duration. */
  readonly named: boolean;
  readonly element?: GoType;
  readonly key?: GoType;
  readonly parameters?: readonly GoType[];
  readonly variadic?: boolean;
  readonly results?: readonly GoType[];
}

const BASIC: readonly Kind[] = ['bool', 'int', 'int32', 'int64', 'uint8', 'float64', 'string'];

const types = new Map<string, GoType>();
for (const kind of BASIC) types.set(kind, { text: kind, kind, named: false });
types.set('interface {}', { text: 'interface {}', kind: 'interface', named: false });
types.set('error', { text: 'error', kind: 'interface', named: true });

/** Declares a named type, for example `time.Month` of kind int. The same name always gives the same type. */
export function namedType(text: string, kind: Kind): GoType {
  const known = types.get(text);
  if (known !== undefined) return known;
  const type: GoType = { text, kind, named: true };
  types.set(text, type);
  return type;
}

namedType('time.Time', 'struct');
namedType('time.Location', 'struct');
namedType('time.Duration', 'int64');
namedType('time.Month', 'int');
namedType('time.Weekday', 'int');

/** The type that a text in Go's notation means. Names of packages must have been declared. */
export function goType(text: string): GoType {
  const known = types.get(text);
  if (known !== undefined) return known;
  const reader = { rest: text };
  const type = read(reader);
  if (reader.rest !== '') throw new TypeError(`not a Go type: ${text}`);
  return type;
}

export const ANY = goType('interface {}');
export const BOOL = goType('bool');
export const INT = goType('int');
export const FLOAT = goType('float64');
export const STRING = goType('string');
export const BYTES = goType('[]uint8');
export const ANY_ARRAY = goType('[]interface {}');
export const STRING_MAP = goType('map[string]interface {}');
export const TIME = goType('time.Time');
export const DURATION = goType('time.Duration');
export const LOCATION = goType('*time.Location');

/** The type of a function. */
export function funcType(
  parameters: readonly GoType[],
  results: readonly GoType[],
  variadic = false,
): GoType {
  const shown = parameters.map((parameter, i) =>
    variadic && i === parameters.length - 1
      ? `...${parameter.element?.text ?? ''}`
      : parameter.text,
  );
  const outcome = results.map((result) => result.text).join(', ');
  const tail = results.length === 0 ? '' : results.length === 1 ? ` ${outcome}` : ` (${outcome})`;
  return intern({
    text: `func(${shown.join(', ')})${tail}`,
    kind: 'func',
    named: false,
    parameters,
    results,
    variadic,
  });
}

function intern(type: GoType): GoType {
  const known = types.get(type.text);
  if (known !== undefined) return known;
  types.set(type.text, type);
  return type;
}

interface Reader {
  rest: string;
}

function read(reader: Reader): GoType {
  if (take(reader, 'func(')) return readFunction(reader);
  if (take(reader, 'map[')) {
    const key = read(reader);
    expect(reader, ']');
    const element = read(reader);
    return intern({
      text: `map[${key.text}]${element.text}`,
      kind: 'map',
      named: false,
      key,
      element,
    });
  }
  if (take(reader, '*')) {
    const element = read(reader);
    return intern({ text: `*${element.text}`, kind: 'ptr', named: false, element });
  }
  const size = /^\[(\d*)\]/.exec(reader.rest);
  if (size !== null) {
    take(reader, size[0]);
    const element = read(reader);
    const kind = size[1] === '' ? 'slice' : 'array';
    return intern({ text: `${size[0]}${element.text}`, kind, named: false, element });
  }
  const name = /^(?:interface \{\}|[\w./-]+)/.exec(reader.rest)?.[0] ?? '';
  const type = types.get(name);
  if (type === undefined) throw new TypeError(`no Go type is declared as ${reader.rest}`);
  take(reader, name);
  return type;
}

function readFunction(reader: Reader): GoType {
  const parameters: GoType[] = [];
  let variadic = false;
  while (!take(reader, ')')) {
    if (parameters.length > 0) expect(reader, ', ');
    variadic = take(reader, '...');
    const type = read(reader);
    parameters.push(variadic ? goType(`[]${type.text}`) : type);
  }
  const results: GoType[] = [];
  if (take(reader, ' (')) {
    while (!take(reader, ')')) {
      if (results.length > 0) expect(reader, ', ');
      results.push(read(reader));
    }
  } else if (take(reader, ' ')) {
    results.push(read(reader));
  }
  return funcType(parameters, results, variadic);
}

function take(reader: Reader, text: string): boolean {
  if (!reader.rest.startsWith(text)) return false;
  reader.rest = reader.rest.slice(text.length);
  return true;
}

function expect(reader: Reader, text: string): void {
  if (!take(reader, text)) throw new TypeError(`expected ${text} at: ${reader.rest}`);
}
