import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { fields, isFields } from '../../../scripts/validate/fields.ts';
import { DEFERRED, pieceAt } from '../../../scripts/validate/schema-pieces.ts';

const FOLDER = new URL('../../../schemas/', import.meta.url);
const files = new Map<string, object>();

describe('pieces of schemas', () => {
  it('defer what is large and what is referred to, and keep the rest', () => {
    const large = { type: 'object', properties: { a: true, b: true, c: true } };
    const whole = {
      title: 'for people',
      properties: {
        'with/slash': large,
        small: { properties: { a: { $ref: '../kubernetes.json#/definitions/X' } } },
        list: { type: 'array', items: { anyOf: [large, { $ref: '#/definitions/own' }] } },
      },
      definitions: { own: large },
    };
    expect(pieceAt(whole, 'kinds/k.json#')).toEqual({
      properties: {
        'with/slash': { [DEFERRED]: 'kinds/k.json#/properties/with~1slash' },
        small: { properties: { a: { [DEFERRED]: 'kubernetes.json#/definitions/X' } } },
        list: {
          type: 'array',
          items: {
            anyOf: [
              { [DEFERRED]: 'kinds/k.json#/properties/list/items/anyOf/0' },
              { [DEFERRED]: 'kinds/k.json#/definitions/own' },
            ],
          },
        },
      },
    });
    expect(pieceAt(whole, 'kinds/k.json#/properties/with~1slash')).toEqual(large);
  });

  it('lead somewhere, all that any schema here defers, and refer to nothing by themselves', () => {
    const index = read('index.json') as {
      readonly kinds: Readonly<Record<string, { schema: string }>>;
    };
    const waiting = Object.values(index.kinds).map(({ schema }) => `${schema}#`);
    const seen = new Set<string>();
    for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
      if (seen.has(place)) continue;
      seen.add(place);
      const piece = pieceAt(read(place.split('#')[0] ?? ''), place);
      expect(JSON.stringify(piece)).not.toContain('"$ref":"');
      waiting.push(...deferredIn(piece));
    }
    expect(seen.size).toBeGreaterThan(1000);
  });
});

function deferredIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(deferredIn);
  if (!isFields(value)) return [];
  const own = value[DEFERRED];
  return [
    ...(typeof own === 'string' ? [own] : []),
    ...Object.values(fields(value)).flatMap(deferredIn),
  ];
}

function read(path: string): object {
  const known = files.get(path);
  if (known !== undefined) return known;
  const parsed = JSON.parse(readFileSync(fileURLToPath(new URL(path, FOLDER)), 'utf8')) as object;
  files.set(path, parsed);
  return parsed;
}
