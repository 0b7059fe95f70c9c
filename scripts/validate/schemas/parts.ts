import { z } from 'zod';

/**
 * The words that our schemas are written in. Only the JSON Schema made of them judges manifests (with ajv), so a
 * constraint that zod cannot say in JSON Schema is given to it word by word (`with`).
 */
export type Schema = z.ZodType;
export type Shape = Readonly<Record<string, Schema>>;

/** A map with exactly these keys: those of `required` must be there. */
export function record(required: Shape, optional: Shape = {}): Schema {
  const left = Object.entries(optional).map(([key, schema]) => [key, schema.optional()] as const);
  return z.strictObject({ ...required, ...Object.fromEntries(left) });
}

export function list(items: Schema, least = 0, most?: number): Schema {
  const base = least > 0 ? z.array(items).min(least) : z.array(items);
  return most === undefined ? base : base.max(most);
}

export function map(values: Schema): Schema {
  return z.record(z.string(), values);
}

export function choice(...values: readonly [string, ...string[]]): Schema {
  return z.enum([...values]);
}

/** A text of a form; `expected` completes the sentence "expected …". */
export function form(pattern: RegExp, expected: string, longest?: number): Schema {
  const base = longest === undefined ? z.string() : z.string().max(longest);
  return base.regex(pattern).meta({ 'x-expected': expected });
}

/** The schema with further keywords of JSON Schema. */
export function withKeywords(schema: Schema, keywords: Readonly<Record<string, unknown>>): Schema {
  return schema.meta({ ...schema.meta(), ...keywords });
}

/** The schema under a name of its own, so that it is written once however often it is used. */
export function named(id: string, schema: Schema): Schema {
  return schema.meta({ ...schema.meta(), id });
}

/** A definition of Kubernetes, made from the type maps of its client. */
export function kubernetes(definition: string): Schema {
  return z.unknown().meta({ $ref: `../kubernetes.json#/definitions/${definition}` });
}

export const text: Schema = z.string();
export const someText: Schema = z.string().min(1);
export const flag: Schema = z.boolean();
export const anything: Schema = z.unknown();
export const int32: Schema = z.int().meta({ format: 'int32' });
export const int64: Schema = z.int();
export const intOrText: Schema = z.union([z.int(), z.string()]);
export const texts: Schema = list(text);
export const textMap: Schema = map(text);
export const time: Schema = z.string().meta({
  format: 'date-time',
  'x-expected': 'a time as in RFC 3339, such as 2026-11-21T09:30:00Z',
});

/** A name as in DNS (RFC 1123, subdomain). */
export const DNS_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
export const LONGEST_DNS_NAME = 253;
export const dnsName: Schema = z.string().min(1).max(LONGEST_DNS_NAME).regex(DNS_NAME).meta({
  'x-expected':
    'a name of lower-case letters, digits, - and ., starting and ending with a letter or digit, at most 253 characters',
});

export const soakTime: Schema = form(
  /^([0-9]+(\.[0-9]+)?(s|m|h))+$/,
  'a duration of hours, minutes and seconds, such as 1h30m',
);

/** A Kubernetes object of `kind`; `fields` are what it has beside apiVersion, kind and metadata. */
export function object(
  kind: string,
  apiVersion: string,
  description: string,
  required: Shape,
  optional: Shape,
): Schema {
  return record(
    { apiVersion: z.literal(apiVersion), kind: z.literal(kind), metadata, ...required },
    optional,
  ).meta({ title: kind, description });
}

const metadata: Schema = kubernetes('V1ObjectMeta');
