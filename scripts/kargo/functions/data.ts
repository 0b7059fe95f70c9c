import { Fault } from '../expr/error.ts';
import type { FunctionTable } from '../expr/host.ts';
import { fromJson } from '../expr/index.ts';
import { textMap, type Value, type ValueMap } from '../expr/value.ts';
import type { World } from '../step.ts';
import { textArgument } from './argument.ts';

const DEFAULT_SHARED_NAMESPACE = 'kargo-shared-resources';
const TEXTS_BY_NAME = ['func(string) map[string]string'];
const VALUES_BY_NAME = ['func(string) map[string]interface {}'];

/**
 * Functions that read the cluster live: configMap, sharedConfigMap, secret, sharedSecret, freightMetadata,
 * stageMetadata. What does not exist is an empty map, for metadata nil (facts/expr-and-templates.md).
 */
export function dataFunctions(world: World, project: string): FunctionTable {
  const shared = world.sharedResourcesNamespace ?? DEFAULT_SHARED_NAMESPACE;
  const texts = (read: (name: string) => Readonly<Record<string, string>>) => ({
    types: TEXTS_BY_NAME,
    call: (name?: Value) => textsOf(read(textArgument(name))),
  });
  return {
    configMap: texts((name) => world.configMap(project, name)),
    sharedConfigMap: texts((name) => world.configMap(shared, name)),
    secret: texts((name) => world.secret(project, name)),
    sharedSecret: texts((name) =>
      world.isGenericSecret?.(shared, name) === true ? world.secret(shared, name) : {},
    ),
    freightMetadata: {
      types: VALUES_BY_NAME,
      call: (name) => {
        const freight = textArgument(name, 'first argument');
        if (freight === '') throw new Fault('freight ref name must not be empty');
        return metadata(world.freightMetadata(project, freight));
      },
    },
    stageMetadata: {
      types: VALUES_BY_NAME,
      call: (name) => {
        const stage = textArgument(name);
        if (stage === '') throw new Fault('stage name must not be empty');
        return metadata(world.stageMetadata(project, stage));
      },
    },
  };
}

/**
 * A calendar has thousands of entries; as long as the world gives the same object, it is copied once. It is frozen, so
 * that a world that changed one in place would fail at once and not show old values.
 */
const seen = new WeakMap<Readonly<Record<string, string>>, ValueMap>();

function textsOf(texts: Readonly<Record<string, string>>): ValueMap {
  const known = seen.get(texts);
  if (known !== undefined) return known;
  const made = textMap(Object.freeze(texts));
  seen.set(texts, made);
  return made;
}

function metadata(values: Readonly<Record<string, unknown>> | null): Value {
  return values === null ? null : fromJson(values);
}
