import { ObjectNotFoundError } from './not-found.ts';
import type { KubernetesObject, World } from './step.ts';

type Texts = Readonly<Record<string, string>>;
type Values = Readonly<Record<string, unknown>>;

/** A World in memory, for tests and previews. Keys of maps are `namespace/name`. */
export class MemoryWorld implements World {
  readonly configMaps = new Map<string, Texts>();
  readonly secrets = new Map<string, Texts>();
  readonly genericSecrets = new Set<string>();
  /** Aliases that steps gave to Freight. */
  readonly aliases = new Map<string, string>();
  readonly gitEnvironment: Texts;
  readonly #freightMetadata = new Map<string, Values | null>();
  readonly #stageMetadata = new Map<string, Values | null>();
  readonly #applications = new Map<string, KubernetesObject>();
  readonly #now: () => Date;

  /** `freight` and `stages` exist by name; metadata can be written only to those. */
  constructor(
    options: {
      readonly now?: () => Date;
      readonly project?: string;
      readonly freight?: readonly string[];
      readonly stages?: readonly string[];
      readonly applications?: readonly KubernetesObject[];
      readonly gitEnvironment?: Texts;
    } = {},
  ) {
    const project = options.project ?? '';
    this.#now = options.now ?? (() => new Date());
    this.gitEnvironment = options.gitEnvironment ?? {};
    for (const name of options.freight ?? []) this.#freightMetadata.set(`${project}/${name}`, null);
    for (const name of options.stages ?? []) this.#stageMetadata.set(`${project}/${name}`, null);
    for (const application of options.applications ?? []) this.updateApplication(application);
  }

  now(): Date {
    return this.#now();
  }

  configMap(namespace: string, name: string): Texts {
    return this.configMaps.get(`${namespace}/${name}`) ?? {};
  }

  secret(namespace: string, name: string): Texts {
    return this.secrets.get(`${namespace}/${name}`) ?? {};
  }

  isGenericSecret(namespace: string, name: string): boolean {
    return this.genericSecrets.has(`${namespace}/${name}`);
  }

  freightMetadata(project: string, freight: string): Values | null {
    return this.#freightMetadata.get(`${project}/${freight}`) ?? null;
  }

  stageMetadata(project: string, stage: string): Values | null {
    return this.#stageMetadata.get(`${project}/${stage}`) ?? null;
  }

  setFreightMetadata(project: string, freight: string, values: Values): void {
    upsert(this.#freightMetadata, 'Freight', project, freight, values);
  }

  setStageMetadata(project: string, stage: string, values: Values): void {
    upsert(this.#stageMetadata, 'Stage', project, stage, values);
  }

  setFreightAlias(project: string, freight: string, alias: string): void {
    const key = `${project}/${freight}`;
    if (!this.#freightMetadata.has(key)) throw new ObjectNotFoundError('Freight', freight);
    this.aliases.set(key, alias);
  }

  application(namespace: string, name: string): KubernetesObject | null {
    return this.#applications.get(`${namespace}/${name}`) ?? null;
  }

  applications(namespace: string): readonly KubernetesObject[] {
    return [...this.#applications.values()].filter(
      ({ metadata }) => metadata.namespace === namespace,
    );
  }

  updateApplication(application: KubernetesObject): void {
    const { namespace, name } = application.metadata;
    this.#applications.set(`${namespace ?? ''}/${name}`, application);
  }
}

function upsert(
  into: Map<string, Values | null>,
  kind: 'Freight' | 'Stage',
  project: string,
  name: string,
  values: Values,
): void {
  const key = `${project}/${name}`;
  const old = into.get(key);
  if (old === undefined) throw new ObjectNotFoundError(kind, name);
  const merged = { ...old, ...values };
  into.set(key, Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null)));
}
