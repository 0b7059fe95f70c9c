import { readdirSync, readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { sharedPath } from '../../shared.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** A schema that the project itself published, and what it says of a value. */
export interface Upstream {
  readonly name: string;
  /** Path of our schema of the same, below `schemas/`. */
  readonly ours: string;
  readonly schema: JsonSchema;
  readonly isValid: (value: unknown) => boolean;
}

const KARGO = 'upstream/kargo-v1.11.2';

/** gojsonschema's idea of these forms, about. */
const FORMATS = { email: /^\S+@\S+$/, uri: /^[a-z]+:\S+$/, 'date-time': /^\d{4}-\d{2}-\d{2}T/ };

/** Configurations of steps and subscriptions of Warehouses. */
export function upstreamConfigs(): readonly Upstream[] {
  const ajv = new Ajv2020({ strict: false, formats: FORMATS });
  const steps = read(`${KARGO}/step-schemas`);
  const subscriptions = read(`${KARGO}/subscription-schemas`);
  const draft7 = new Ajv({ strict: false, formats: FORMATS });
  const upstream = (name: string, ours: string, schema: JsonSchema, check: ValidateFunction) => ({
    name,
    ours,
    schema: withoutReferences(schema, new Map(steps)),
    isValid: (value: unknown) => check(value),
  });
  return [
    ...steps
      .filter(([file]) => file.endsWith('-config.json'))
      .map(([file, schema]) => {
        const step = file.slice(0, -'-config.json'.length);
        const inlined = withoutReferences(schema, new Map(steps));
        const { $schema, ...rest } = inlined as { $schema?: string };
        const check = $schema?.includes('draft-07') ? draft7.compile(rest) : ajv.compile(rest);
        return upstream(step, `steps/${step}.json`, schema, check);
      }),
    ...subscriptions.map(([file, schema]) =>
      upstream(file, `subscriptions/${file}`, schema, ajv.compile(schema)),
    ),
  ];
}

/** Kinds of custom resources, judged without metadata and status: the one is Kubernetes', the other nobody writes. */
export function upstreamKinds(): readonly Upstream[] {
  return ['kargo-v1.11.2', 'argo-cd-v3.5.1', 'argo-rollouts-v1.9.1'].flatMap((project) => {
    const folder = sharedPath(`upstream/${project}/crds`);
    return readdirSync(folder).map((file) => {
      const crd = parse(readFileSync(`${folder}/${file}`, 'utf8')) as Definition;
      const { group, names, versions } = crd.spec;
      const [{ name: version, schema } = missing(file)] = versions;
      const closed = withSemantics(schema.openAPIV3Schema);
      const { metadata: _, status: __, ...properties } = closed['properties'] as JsonSchema;
      const whole = { ...closed, properties: { ...properties, metadata: {} } };
      const check = new Ajv({
        strict: false,
        formats: { ...FORMATS, int32: true, int64: true },
      }).compile(whole);
      return {
        name: names.kind,
        ours: `kinds/${names.kind.toLowerCase()}-${group.split('.')[0]}-${version}.json`,
        schema: {
          ...whole,
          properties: {
            ...properties,
            apiVersion: { const: `${group}/${version}` },
            kind: { const: names.kind },
            metadata: { const: { name: 'x' } },
          },
          required: ['apiVersion', 'kind', 'metadata', ...((closed['required'] as []) ?? [])],
        },
        isValid: (value: unknown) => check(value),
      };
    });
  });
}

interface Definition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly schema: { readonly openAPIV3Schema: JsonSchema };
    }[];
  };
}

function missing(file: string): never {
  throw new Error(`${file} has no version`);
}

function read(folder: string): readonly (readonly [string, JsonSchema])[] {
  const path = sharedPath(folder);
  return readdirSync(path).map((file) => [
    file,
    JSON.parse(readFileSync(`${path}/${file}`, 'utf8')) as JsonSchema,
  ]);
}

/** What the API server does and JSON Schema does not say: unknown fields are none, a default fills in what is required. */
function withSemantics(schema: JsonSchema): JsonSchema {
  const { properties, items, additionalProperties, required, ...rest } = schema as {
    readonly properties?: Readonly<Record<string, JsonSchema>>;
    readonly items?: JsonSchema;
    readonly additionalProperties?: JsonSchema | boolean;
    readonly required?: readonly string[];
  };
  const rules = (schema['x-kubernetes-validations'] ?? []) as readonly { readonly rule: string }[];
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true;
  return {
    ...rest,
    ...(rules.length === 0 ? {} : { allOf: rules.map(({ rule }) => ofRule(rule)) }),
    ...(items === undefined ? {} : { items: withSemantics(items) }),
    ...(typeof additionalProperties === 'object'
      ? { additionalProperties: withSemantics(additionalProperties) }
      : properties !== undefined && !open
        ? { additionalProperties: false }
        : {}),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([key, value]) => [key, withSemantics(value)]),
          ),
          required: (required ?? []).filter((key) => properties[key]?.['default'] === undefined),
        }),
  };
}

const has = (key: string) => ({ required: [key] });

/** The rules in CEL that Kargo's definitions hold, as JSON Schema; an unknown one is an error. */
function ofRule(rule: string): JsonSchema {
  const either = /^\(?has\(self\.(\w+)\) \? !has\(self\.(\w+)\) : has\(self\.\2\)\)?$/.exec(rule);
  if (either !== null) return { oneOf: [has(either[1] ?? ''), has(either[2] ?? '')] };
  const differ = /^has\(self\.(\w+)\) != has\(self\.(\w+)\)$/.exec(rule);
  if (differ !== null) return { oneOf: [has(differ[1] ?? ''), has(differ[2] ?? '')] };
  const never = /^!has\(self\.(\w+)\) \|\| !has\(self\.(\w+)\)$/.exec(rule);
  if (never !== null) return { not: { required: [never[1], never[2]] } };
  if (rule === 'has(self.uses) && !has(self.task)') return { ...has('uses'), not: has('task') };
  const words = [...rule.matchAll(/self\[(\d)\] == '(\w+)'/g)];
  if (words.length === 2) return { items: { enum: words.map(([, , word]) => word) } };
  throw new Error(`a rule that is not known here: ${rule}`);
}

function withoutReferences(
  schema: JsonSchema,
  files: ReadonlyMap<string, JsonSchema>,
  root: JsonSchema = schema,
): JsonSchema {
  const inline = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(inline);
    if (typeof value !== 'object' || value === null) return value;
    const reference = (value as JsonSchema)['$ref'];
    if (typeof reference !== 'string') {
      return Object.fromEntries(
        Object.entries(value)
          .filter(([key]) => key !== 'definitions')
          .map(([key, entry]) => [key, inline(entry)]),
      );
    }
    const [file = '', pointer = ''] = reference.split('#');
    const other = file === '' ? root : (files.get(file) ?? missing(file));
    const target = pointer
      .split('/')
      .slice(1)
      .reduce<unknown>((here, key) => (here as JsonSchema)[key], other);
    return withoutReferences(target as JsonSchema, files, other);
  };
  return inline(schema) as JsonSchema;
}
