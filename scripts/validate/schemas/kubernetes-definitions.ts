import { DEMANDED, FORMS, NOT_REQUIRED } from './kubernetes-forms.ts';
import type { KubernetesTypes, TypedField } from './kubernetes-types.ts';

type JsonSchema = Record<string, unknown>;

/** JSON Schemas of all types, by name, as they stand in `schemas/kubernetes.json`. */
export function kubernetesDefinitions({ types }: KubernetesTypes): Record<string, JsonSchema> {
  return Object.fromEntries(
    [...types]
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, fields]) => [name, definition(name, fields, types)]),
  );
}

function definition(
  type: string,
  fields: readonly TypedField[],
  types: KubernetesTypes['types'],
): JsonSchema {
  const required = fields
    .filter(({ name, required: declared }) => {
      const field = `${type}.${name}`;
      return DEMANDED.has(field) || (declared && !NOT_REQUIRED.has(field));
    })
    .map(({ name }) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(
      fields.map((field) => [
        field.name,
        { ...schemaOf(field.type, field.format, types), ...FORMS[`${type}.${field.name}`] },
      ]),
    ),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
}

const BASE64: JsonSchema = {
  type: 'string',
  format: 'base64',
  'x-expected': 'base64; plain texts go into stringData',
};

function schemaOf(type: string, format: string, types: KubernetesTypes['types']): JsonSchema {
  const item = /^Array<(.+)>$/.exec(type)?.[1];
  if (item !== undefined) return { type: 'array', items: schemaOf(item, format, types) };
  const value = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1];
  if (value !== undefined) {
    return { type: 'object', additionalProperties: schemaOf(value, format, types) };
  }
  switch (type) {
    case 'string':
      return format === 'byte' ? BASE64 : { type: 'string' };
    case 'boolean':
      return { type: 'boolean' };
    case 'number':
      if (format === 'int32') return { type: 'integer', format: 'int32' };
      return { type: format === 'double' ? 'number' : 'integer' };
    case 'IntOrString':
      return { type: ['integer', 'string'] };
    case 'Date':
    case 'V1MicroTime':
      return {
        type: 'string',
        format: 'date-time',
        'x-expected': 'a time as in RFC 3339, such as 2026-11-21T09:30:00Z',
      };
    case 'any':
      return {};
    default:
      if (types.has(type)) return { $ref: `#/definitions/${type}` };
      throw new RangeError(`the Kubernetes client has a type that is not known here: ${type}`);
  }
}
