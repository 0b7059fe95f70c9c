import { type GoType, goType, namedType } from './go-type.ts';
import type { HostFunction, Value } from './value.ts';

/**
 * A function that the host adds at compile time (expr.Function). Its calls are checked against `types`, Go function
 * types such as `func(string, ...string) map[string]string`, one per overload.
 */
export interface FunctionSpec {
  readonly call: HostFunction;
  readonly types: readonly string[];
}

export type FunctionTable = Readonly<Record<string, FunctionSpec>>;

/** Fields and methods of a struct of the host: names and Go types; those of methods without the receiver. */
export interface StructShape {
  readonly fields: Readonly<Record<string, string>>;
  readonly methods?: Readonly<Record<string, string>>;
}

const shapes = new Map<string, StructShape>();

/** Makes a struct known under its Go name, such as `semver.Version`, so that its members are checked. */
export function declareStruct(name: string, shape: StructShape): void {
  namedType(name, 'struct');
  shapes.set(name, shape);
}

/** The type of a field of a struct or of a pointer to one. */
export function fieldType(type: GoType, name: string): GoType | undefined {
  const struct = type.kind === 'ptr' ? type.element : type;
  const shape = struct === undefined ? undefined : shapes.get(struct.text);
  const field =
    shape !== undefined && Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined;
  return field === undefined ? undefined : goType(field);
}

/** The type of a method of a struct or of a pointer to one, without the receiver. */
export function hostMethodType(type: GoType, name: string): GoType | undefined {
  const struct = type.kind === 'ptr' ? type.element : type;
  const methods = struct === undefined ? undefined : shapes.get(struct.text)?.methods;
  const method = methods !== undefined && Object.hasOwn(methods, name) ? methods[name] : undefined;
  return method === undefined ? undefined : goType(method);
}

/** A struct of the host, or a pointer to one. */
export class HostObject {
  /** Go type, such as `*kargo.Image`. */
  readonly type: string;
  readonly fields: Readonly<Record<string, Value>>;
  readonly methods: Readonly<Record<string, HostFunction>>;

  constructor(
    type: string,
    fields: Readonly<Record<string, Value>>,
    methods: Readonly<Record<string, HostFunction>> = {},
  ) {
    this.type = type;
    this.fields = fields;
    this.methods = methods;
  }

  /** The field or method of a name. */
  member(name: string): Value | undefined {
    if (Object.hasOwn(this.fields, name)) return this.fields[name];
    return Object.hasOwn(this.methods, name) ? this.methods[name] : undefined;
  }

  /** As Go prints it, unless it says otherwise itself. */
  toString(): string {
    return `{${Object.values(this.fields).map(String).join(' ')}}`;
  }
}
