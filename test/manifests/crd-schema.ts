import { readFileSync } from 'node:fs';
import { Ajv, type AnySchema } from 'ajv';
import { parse } from 'yaml';

interface Crd {
  readonly spec: {
    readonly names: { readonly kind: string };
    readonly scope: 'Cluster' | 'Namespaced';
    readonly versions: readonly {
      readonly name: string;
      readonly schema: { readonly openAPIV3Schema: Structural };
    }[];
  };
}

interface Structural {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Structural>>;
  readonly items?: Structural;
  readonly additionalProperties?: Structural | boolean;
  readonly default?: unknown;
  readonly required?: readonly string[];
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly [key: string]: unknown;
}

/** A validator for the objects of one CRD, as strict as `kubectl apply` with strict field validation. */
export function crdValidator(file: string): {
  readonly kind: string;
  readonly scope: 'Cluster' | 'Namespaced';
  validate(object: unknown): readonly string[];
} {
  const crd = parse(readFileSync(file, 'utf8')) as Crd;
  const version = crd.spec.versions[0];
  if (version === undefined) throw new Error(`${file} has no version`);
  const ajv = new Ajv({
    strict: false,
    validateFormats: false,
    unicodeRegExp: false,
    allErrors: true,
  });
  const check = ajv.compile(strict(version.schema.openAPIV3Schema) as AnySchema);
  return {
    kind: crd.spec.names.kind,
    scope: crd.spec.scope,
    validate: (object) =>
      check(object)
        ? []
        : (check.errors ?? []).map(
            (error) => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`,
          ),
  };
}

/** The structural schema as JSON Schema: unknown fields refused, defaulted fields optional, as the API server has it. */
function strict(schema: Structural): Record<string, unknown> {
  const { properties, items, additionalProperties, required, ...rest } = schema;
  const result: Record<string, unknown> = { ...rest };
  if (schema['x-kubernetes-int-or-string'] === true) {
    delete result['type'];
    result['anyOf'] = [{ type: 'integer' }, { type: 'string' }];
  }
  if (items !== undefined) result['items'] = strict(items);
  if (properties !== undefined) {
    result['properties'] = Object.fromEntries(
      Object.entries(properties).map(([name, value]) => [name, strict(value)]),
    );
    if (schema['x-kubernetes-preserve-unknown-fields'] !== true)
      result['additionalProperties'] = false;
    // `metadata` is described by the API server itself, not by the CRD.
    if (schema.properties?.['apiVersion'] !== undefined) {
      result['properties'] = { ...(result['properties'] as object), metadata: { type: 'object' } };
    }
  }
  if (typeof additionalProperties === 'object')
    result['additionalProperties'] = strict(additionalProperties);
  if (required !== undefined) {
    result['required'] = required.filter((name) => properties?.[name]?.default === undefined);
  }
  return result;
}
