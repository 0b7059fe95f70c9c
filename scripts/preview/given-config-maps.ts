import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { messageOf } from '../../runtime/thrown.ts';
import { type LoadedObject, parseObject, parseObjects } from '../kargo/load.ts';
import { PreviewError } from './error.ts';
import { binaryNotes, PROJECT, type Texts } from './source.ts';

/**
 * The ConfigMaps of the Project in some files, by name: single objects, or the List that `kubectl get` prints. What would
 * be left out in silence, and then decided without, is refused.
 *
 * @throws PreviewError CONFIG_MAPS_UNREADABLE, CONFIG_MAP_EXPECTED; OrderbooksError KARGO_YAML_INVALID, KARGO_OBJECT_INVALID
 * with file, line and column
 */
export async function givenConfigMaps(files: readonly string[]): Promise<GivenConfigMaps> {
  const read = await Promise.all(files.map(async (file) => objectsIn(file, await text(file))));
  const objects = read.flat();
  const data = new Map(
    objects.map((object) => {
      const parsed = parseObject(expected(object), configMap);
      return [parsed.metadata.name, parsed.data] as const;
    }),
  );
  return { data, notes: binaryNotes(objects) };
}

export interface GivenConfigMaps {
  /** By name. */
  readonly data: ReadonlyMap<string, Texts>;
  /** What of them no expression sees. */
  readonly notes: readonly string[];
}

const configMap = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z
      .literal(PROJECT, `expected ${PROJECT}: expressions read no other namespace`)
      .default(PROJECT),
  }),
  data: z
    .record(z.string(), z.string('expected a text; put it into quotes'))
    .nullish()
    .transform((data) => data ?? {}),
});

async function text(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new PreviewError(
      'CONFIG_MAPS_UNREADABLE',
      `expected ConfigMaps in ${file}: ${messageOf(cause)}`,
      { cause },
    );
  }
}

function objectsIn(file: string, content: string): readonly LoadedObject[] {
  return parseObjects({ file, text: content }).flatMap((object) => {
    const { kind, items } = object.value;
    if (kind !== 'List' || !Array.isArray(items)) return [object];
    return items.map((value: unknown, index) => ({
      value: (value ?? {}) as LoadedObject['value'],
      place: (path) => object.place(['items', index, ...path]),
    }));
  });
}

function expected(object: LoadedObject): LoadedObject {
  const { kind } = object.value;
  if (kind === 'ConfigMap') return object;
  const { file, line, column } = object.place(['kind']);
  throw new PreviewError(
    'CONFIG_MAP_EXPECTED',
    `${file}:${line}:${column}: expected a ConfigMap, got ${String(kind)}; --config-maps takes nothing else`,
  );
}
