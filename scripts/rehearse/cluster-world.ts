import type { KubernetesObject, World } from '../kargo/step.ts';
import { APPLICATION, CONFIG_MAP, SECRET } from './cluster/kinds.ts';
import type { ObjectStore } from './cluster/store.ts';

type Texts = Readonly<Record<string, string>>;
type Values = Readonly<Record<string, unknown>>;

/**
 * What promotion steps and expressions see of the local cluster. Freight and Stage metadata, which Kargo keeps in
 * the status of its own objects, live here for the length of the rehearsal.
 */
export class ClusterWorld implements World {
  readonly gitEnvironment: Texts;
  readonly #store: ObjectStore;
  readonly #metadata = new Map<string, Values>();

  constructor(store: ObjectStore, gitEnvironment: Texts) {
    this.#store = store;
    this.gitEnvironment = gitEnvironment;
  }

  now(): Date {
    return new Date();
  }

  configMap(namespace: string, name: string): Texts {
    return dataOf(this.#store.get(CONFIG_MAP, namespace, name));
  }

  secret(namespace: string, name: string): Texts {
    return decoded(this.#store.get(SECRET, namespace, name));
  }

  freightMetadata(project: string, freight: string): Values {
    return this.#metadata.get(`freight/${project}/${freight}`) ?? {};
  }

  stageMetadata(project: string, stage: string): Values {
    return this.#metadata.get(`stage/${project}/${stage}`) ?? {};
  }

  setFreightMetadata(project: string, freight: string, values: Values): void {
    this.#merge(`freight/${project}/${freight}`, values);
  }

  setStageMetadata(project: string, stage: string, values: Values): void {
    this.#merge(`stage/${project}/${stage}`, values);
  }

  application(namespace: string, name: string): KubernetesObject | null {
    return this.#store.get(APPLICATION, namespace, name) ?? null;
  }

  applications(namespace: string): readonly KubernetesObject[] {
    return this.#store.list(APPLICATION, namespace);
  }

  updateApplication(application: KubernetesObject): void {
    this.#store.update(application);
  }

  /** A value of null deletes its key, as in Kargo. */
  #merge(key: string, values: Values): void {
    const merged = { ...this.#metadata.get(key), ...values };
    this.#metadata.set(
      key,
      Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null)),
    );
  }
}

function dataOf(object: KubernetesObject | undefined): Texts {
  return (object?.['data'] ?? {}) as Texts;
}

function decoded(object: KubernetesObject | undefined): Texts {
  return Object.fromEntries(
    Object.entries(dataOf(object)).map(([key, value]) => [
      key,
      Buffer.from(value, 'base64').toString('utf8'),
    ]),
  );
}
