import type { Platform } from '../platform.ts';
import { PlatformError } from '../platform-error.ts';
import type { Api } from './api.ts';
import { configMapObject } from './objects.ts';

/** Other writers of one ConfigMap are other runs for the same subject: more than a few at a time are a fault. */
const ATTEMPTS = 5;

type Options = Parameters<Platform['putConfigMap']>[3];

/** Creates the ConfigMap, or replaces it if it may be; see `Platform.putConfigMap`. */
export async function putConfigMap(
  api: Api,
  namespace: string,
  name: string,
  data: Readonly<Record<string, string>>,
  options: Options,
): Promise<void> {
  const place = { group: '', version: 'v1', resource: 'configmaps', namespace } as const;
  const body = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels: options.labels },
    ...(options.immutable ? { immutable: true } : {}),
    data,
  };
  for (let attempt = 1; ; attempt++) {
    if (await tried(() => api.json({ verb: 'create', ...place, body }, configMapObject))) return;
    const current = await api.json({ verb: 'get', ...place, name }, configMapObject);
    const held = current.data ?? {};
    // An earlier attempt may have arrived although its answer was lost.
    if (sameData(held, data)) return;
    if (options.immutable) {
      throw refusal(namespace, name, 'exists already with other data, and is immutable');
    }
    if (options.mayReplace !== undefined && !options.mayReplace(held)) {
      throw refusal(namespace, name, `belongs to a later run (${held['run'] ?? 'unnamed'})`);
    }
    const { resourceVersion } = current.metadata;
    const replacement = { ...body, metadata: { ...body.metadata, resourceVersion } };
    const update = { verb: 'update', ...place, name, body: replacement } as const;
    if (await tried(() => api.json(update, configMapObject))) return;
    if (attempt >= ATTEMPTS) {
      throw refusal(namespace, name, `was changed by others during each of ${ATTEMPTS} attempts`);
    }
  }
}

/** False if somebody else was first. */
async function tried(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (error instanceof PlatformError && error.code === 'PLATFORM_CONFLICT') return false;
    throw error;
  }
}

function sameData(
  a: Readonly<Record<string, string>>,
  b: Readonly<Record<string, string>>,
): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

function refusal(namespace: string, name: string, why: string): PlatformError {
  return new PlatformError(
    'PLATFORM_REFUSED',
    `ConfigMap ${name} in namespace ${namespace} ${why}; it was left as it is`,
  );
}
