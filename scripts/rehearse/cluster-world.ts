import type { KubernetesObject, World } from '../kargo/step.ts';
import { APPLICATION, CONFIG_MAP, SECRET } from './cluster/kinds.ts';
import type { ObjectStore } from './cluster/store.ts';
import { type GateClock, movedInstants } from './gate-clock.ts';

/** Evidence is written by the machine's clock and read by the gates'. */
const EVIDENCE_PREFIX = 'evidence-';

type Texts = Readonly<Record<string, string>>;
type Values = Readonly<Record<string, unknown>>;

/**
 * What promotion steps and expressions see of the local cluster. Freight and Stage metadata, which Kargo keeps in
 * the status of its own objects, live here for the length of the rehearsal.
 */
export class ClusterWorld implements World {
  readonly gitEnvironment: Texts;
  readonly #store: ObjectStore;
  readonly #clock: GateClock;
  readonly #metadata = new Map<string, Values>();

  /** @param clock what time expressions take it to be; times in the evidence are moved with it */
  constructor(store: ObjectStore, gitEnvironment: Texts, clock: GateClock) {
    this.#store = store;
    this.#clock = clock;
    this.gitEnvironment = gitEnvironment;
  }

  now(): Date {
    return this.#clock.now();
  }

  configMap(namespace: string, name: string): Texts {
    const data = dataOf(this.#store.get(CONFIG_MAP, namespace, name));
    if (this.#clock.override === null || !name.startsWith(EVIDENCE_PREFIX)) return data;
    return Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, movedInstants(value, this.#clock)]),
    );
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
