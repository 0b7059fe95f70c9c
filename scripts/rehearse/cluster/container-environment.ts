import type { KubernetesObject } from '../../kargo/step.ts';
import { stringFields } from './fields.ts';
import { CONFIG_MAP, SECRET } from './kinds.ts';
import { namespaceOf } from './object-identity.ts';
import { Obstacle, podField } from './pod-fields.ts';
import type { ContainerSpec } from './pod-spec.ts';
import type { ObjectStore } from './store.ts';

type Environment = Readonly<Record<string, string>>;

/**
 * The environment that the manifest gives a container: `envFrom`, then `env`, with `$(NAME)` expanded as Kubernetes does.
 * Throws an Obstacle while a ConfigMap, Secret or key that is not optional is missing.
 */
export function containerEnvironment(
  store: ObjectStore,
  pod: KubernetesObject,
  container: ContainerSpec,
): Environment {
  const namespace = namespaceOf(pod);
  const result: Record<string, string> = {};
  for (const { prefix, configMapRef, secretRef } of container.envFrom) {
    for (const [kind, ref] of [
      ['configmap', configMapRef] as const,
      ['secret', secretRef] as const,
    ]) {
      if (ref === undefined) continue;
      const data = dataOf(store, kind, namespace, ref.name);
      if (data === undefined && !ref.optional) throw missing(kind, ref.name);
      for (const [key, value] of Object.entries(data ?? {})) result[`${prefix}${key}`] = value;
    }
  }
  for (const { name, value, valueFrom } of container.env) {
    if (valueFrom?.fieldRef !== undefined) {
      result[name] = podField(pod, valueFrom.fieldRef.fieldPath);
      continue;
    }
    const [kind, ref] =
      valueFrom?.configMapKeyRef === undefined
        ? (['secret', valueFrom?.secretKeyRef] as const)
        : (['configmap', valueFrom.configMapKeyRef] as const);
    if (ref === undefined) {
      result[name] = expand(value ?? '', result);
      continue;
    }
    const data = dataOf(store, kind, namespace, ref.name);
    const found = data?.[ref.key];
    if (found !== undefined) result[name] = found;
    else if (!ref.optional && data === undefined) throw missing(kind, ref.name);
    else if (!ref.optional) {
      const what = kind === 'secret' ? 'Secret' : 'ConfigMap';
      const why = `couldn't find key ${ref.key} in ${what} ${namespace}/${ref.name}`;
      throw new Obstacle('CreateContainerConfigError', why);
    }
  }
  return result;
}

/** Replaces `$(NAME)` by the variable; `$$(NAME)` is a literal `$(NAME)`, an unknown name stays as it is. */
export function expand(value: string, environment: Environment): string {
  return value.replaceAll(/\$\$|\$\(([A-Za-z_.-][\w.-]*)\)/g, (found, name: string | undefined) =>
    name === undefined ? '$' : (environment[name] ?? found),
  );
}

function dataOf(
  store: ObjectStore,
  kind: 'configmap' | 'secret',
  namespace: string,
  name: string,
): Environment | undefined {
  const object = store.get(kind === 'secret' ? SECRET : CONFIG_MAP, namespace, name);
  if (object === undefined) return undefined;
  const data = stringFields(object['data']);
  if (kind === 'configmap') return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  );
}

function missing(kind: string, name: string): Obstacle {
  return new Obstacle('CreateContainerConfigError', `${kind} "${name}" not found`);
}
