import { OrderbooksError } from '../../../runtime/errors.ts';
import type { KubernetesObject } from '../../kargo/step.ts';
import { destinationOf, resourceProblem, specProblems } from './app-project.ts';
import type { Applier } from './apply.ts';
import { type Comparison, compare, type Target, trackedBy, trackingId } from './argocd-compare.ts';
import { history, inWaves, type Outcome, type ResourceResult, result } from './argocd-operation.ts';
import type { Emit } from './events.ts';
import { at, canonical, fields, list, strings, text } from './fields.ts';
import { APP_PROJECT, APPLICATION } from './kinds.ts';
import { kindOf, namespaceOf } from './object-identity.ts';
import { splitKey } from './pod-template.ts';
import { ReconcileQueue } from './reconcile-queue.ts';
import { type RenderedBranches, SourceError } from './rendered-branch.ts';
import type { ObjectStore } from './store.ts';

const REFRESH = 'argocd.argoproj.io/refresh';
const SYNC_OPTIONS = 'argocd.argoproj.io/sync-options';
const HOOK = 'argocd.argoproj.io/hook';

interface Loaded {
  readonly revision: string;
  readonly targets: readonly Target[];
  readonly conditions: readonly { readonly type: string; readonly message: string }[];
}

/**
 * Stands in for Argo CD: syncs an Application when its `operation` is set, compares when it is added or asked to refresh, and keeps
 * `status` current. It never syncs by itself (no polling, no self-heal), but prunes what a sync left over when automated pruning and
 * self-heal would. Waves set the order and are not waited for; hooks are refused; sync windows are not known.
 */
export class ArgoCd {
  readonly #store: ObjectStore;
  readonly #emit: Emit;
  readonly #branches: RenderedBranches;
  readonly #applier: Applier;
  readonly #queue: ReconcileQueue;
  readonly #unsubscribe: () => void;
  readonly #loaded = new Map<string, Loaded>();

  constructor(store: ObjectStore, emit: Emit, branches: RenderedBranches, applier: Applier) {
    this.#store = store;
    this.#emit = emit;
    this.#branches = branches;
    this.#applier = applier;
    this.#queue = new ReconcileQueue('Application', emit, (key) => this.#reconcile(key));
    this.#unsubscribe = store.on(({ type, kind, object }) => {
      const key = `${namespaceOf(object)}/${object.metadata.name}`;
      if (kind === APPLICATION) {
        if (type === 'DELETED') this.#loaded.delete(key);
        else this.#queue.add(key);
        return;
      }
      const owner = trackedBy(object);
      if (owner === undefined) return;
      for (const each of this.#loaded.keys()) {
        if (each.endsWith(`/${owner}`)) this.#queue.add(each);
      }
    });
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    await this.#queue.stop();
  }

  async #reconcile(key: string): Promise<void> {
    const application = this.#store.get(APPLICATION, ...splitKey(key));
    if (application === undefined) return;
    if (application['operation'] !== undefined) {
      await this.#operate(key, application);
      return;
    }
    const asked = application.metadata.annotations?.[REFRESH] !== undefined;
    if (asked || !this.#loaded.has(key)) await this.#load(key, application, undefined);
    this.#report(key, undefined);
  }

  async #operate(key: string, application: KubernetesObject): Promise<void> {
    const operation = application['operation'];
    const startedAt = this.#store.timestamp();
    this.#write(key, (current) => ({
      ...current,
      status: {
        ...fields(current['status']),
        operationState: { phase: 'Running', operation, startedAt, message: 'waiting to start' },
      },
    }));
    const sync = at(operation, 'sync');
    const wanted = text(at(sync, 'revision')) ?? strings(at(sync, 'revisions'))[0];
    const loaded = await this.#load(key, application, wanted === '' ? undefined : wanted);
    const outcome = this.#sync(application, loaded, at(sync, 'prune') === true);
    const { revision } = loaded;
    const source = at(application, 'spec', 'source');
    const finishedAt = this.#store.timestamp();
    this.#report(key, {
      phase: outcome.phase,
      message: outcome.message,
      operation,
      startedAt,
      finishedAt,
      syncResult: { revision, source, resources: outcome.resources },
    });
    const problems = outcome.resources
      .filter(({ status }) => status === 'SyncFailed')
      .map(({ message }) => message);
    this.#emit({
      type: 'application-synced',
      application: application.metadata.name,
      phase: outcome.phase,
      revision,
      message: [outcome.message, ...problems].join(': '),
    });
  }

  async #load(
    key: string,
    application: KubernetesObject,
    revision: string | undefined,
  ): Promise<Loaded> {
    const loaded = await this.#tryLoad(application, revision);
    this.#loaded.set(key, loaded);
    return loaded;
  }

  async #tryLoad(application: KubernetesObject, revision: string | undefined): Promise<Loaded> {
    const source = at(application, 'spec', 'source');
    const target = text(at(source, 'targetRevision')) ?? 'HEAD';
    const problems = specProblems(application, this.#project(application));
    const conditions = problems.map((message) => ({ type: 'InvalidSpecError', message }));
    if (conditions.length > 0) return { revision: revision ?? '', targets: [], conditions };
    try {
      const found = await this.#branches.load({
        repoURL: text(at(source, 'repoURL')) ?? '',
        revision: revision ?? target,
        path: text(at(source, 'path')) ?? '.',
        recurse: at(source, 'directory', 'recurse') === true,
      });
      const { namespace } = destinationOf(application);
      const targets = found.objects.map((object) => targetOf(application, object, namespace));
      return { revision: found.revision, targets, conditions: [] };
    } catch (error) {
      if (!(error instanceof OrderbooksError)) throw error;
      const prefix = error instanceof SourceError ? 'Failed to load target state: ' : '';
      const message = `${prefix}${error.message}`;
      return {
        revision: revision ?? '',
        targets: [],
        conditions: [{ type: 'ComparisonError', message }],
      };
    }
  }

  #sync(application: KubernetesObject, loaded: Loaded, pruneAsked: boolean): Outcome {
    if (loaded.conditions.length > 0) {
      const message = loaded.conditions.map((each) => `${each.type}: ${each.message}`).join(';');
      return { phase: 'Error', message, resources: [] };
    }
    const shared = this.#shared(application, loaded.targets);
    if (shared !== undefined) {
      return { phase: 'Failed', message: `Shared resource found: ${shared}`, resources: [] };
    }
    const refused = loaded.targets.flatMap((target) => {
      const problem = this.#targetProblem(application, target);
      return problem === undefined ? [] : [result(target.object, 'SyncFailed', problem)];
    });
    if (refused.length > 0) {
      const message = 'one or more synchronization tasks are not valid';
      return { phase: 'Failed', message, resources: refused };
    }
    const resources: ResourceResult[] = [];
    for (const { object } of inWaves(loaded.targets)) {
      try {
        const applied = this.#applier.apply(object);
        const name = `${object.kind.toLowerCase()}/${object.metadata.name} ${applied}`;
        resources.push(result(object, 'Synced', name));
      } catch (error) {
        if (!(error instanceof OrderbooksError)) throw error;
        resources.push(result(object, 'SyncFailed', error.message));
        const message = `one or more objects failed to apply, reason: ${error.message}`;
        return { phase: 'Failed', message, resources };
      }
    }
    resources.push(...this.#prune(application, loaded, pruneAsked));
    return { phase: 'Succeeded', message: 'successfully synced (all tasks run)', resources };
  }

  /** Kargo's operation never prunes; the automatic sync that follows it does, if it has both prune and selfHeal. */
  #prune(application: KubernetesObject, loaded: Loaded, asked: boolean): ResourceResult[] {
    const automated = fields(at(application, 'spec', 'syncPolicy', 'automated'));
    const automatic =
      automated['enabled'] !== false &&
      automated['prune'] === true &&
      automated['selfHeal'] === true &&
      // An empty branch is more likely a mistake than a wish.
      (loaded.targets.length > 0 || automated['allowEmpty'] === true);
    const leftovers = this.#compare(application, loaded).leftovers;
    return leftovers.map((object) => {
      const options = (object.metadata.annotations?.[SYNC_OPTIONS] ?? '').split(',');
      if (!asked && !automatic) return result(object, 'PruneSkipped', 'ignored (requires pruning)');
      if (options.some((each) => each.trim() === 'Prune=false')) {
        return result(object, 'PruneSkipped', 'ignored (no prune)');
      }
      this.#store.delete(kindOf(object), namespaceOf(object), object.metadata.name);
      return result(object, 'Pruned', 'pruned');
    });
  }

  /** Writes `status`, and the end of an operation if there is one, in one go. */
  #report(key: string, operationState: Readonly<Record<string, unknown>> | undefined): void {
    const loaded = this.#loaded.get(key);
    const application = this.#store.get(APPLICATION, ...splitKey(key));
    if (loaded === undefined || application === undefined) return;
    const comparison = this.#compare(application, loaded);
    const before = fields(application['status']);
    const now = this.#store.timestamp();
    const health = { status: comparison.health };
    const unchangedHealth = at(before, 'health', 'status') === comparison.health;
    const status = {
      ...before,
      sourceType: 'Directory',
      sync: {
        status: comparison.sync,
        ...(loaded.revision === '' ? {} : { revision: loaded.revision }),
        comparedTo: {
          source: at(application, 'spec', 'source'),
          destination: at(application, 'spec', 'destination'),
        },
      },
      health: unchangedHealth
        ? (before['health'] ?? health)
        : { ...health, lastTransitionTime: now },
      resources: comparison.resources,
      summary: { images: comparison.images },
      conditions: loaded.conditions.map((each) => ({
        ...each,
        lastTransitionTime:
          at(list(before['conditions'])[0], 'message') === each.message
            ? at(list(before['conditions'])[0], 'lastTransitionTime')
            : now,
      })),
      ...(operationState === undefined
        ? {}
        : { operationState, history: history(before, operationState) }),
    };
    const asked = application.metadata.annotations?.[REFRESH] !== undefined;
    const changed = canonical(status) !== canonical({ ...before, reconciledAt: undefined });
    if (
      !changed &&
      !asked &&
      operationState === undefined &&
      before['reconciledAt'] !== undefined
    ) {
      return;
    }
    this.#write(key, (current) => {
      const { operation, ...rest } = current;
      const { [REFRESH]: _, ...annotations } = current.metadata.annotations ?? {};
      const unfinished = operationState === undefined && operation !== undefined;
      return {
        ...rest,
        ...(unfinished ? { operation } : {}),
        metadata: { ...current.metadata, annotations },
        status: { ...status, reconciledAt: now },
      };
    });
    if (unchangedHealth && at(before, 'sync', 'status') === comparison.sync) return;
    this.#emit({
      type: 'application-health',
      application: application.metadata.name,
      health: comparison.health,
      sync: comparison.sync,
    });
  }

  #compare(application: KubernetesObject, loaded: Loaded): Comparison {
    return compare(this.#store, application, loaded.targets, loaded.conditions.length > 0);
  }

  /** An object that another Application tracks, if `FailOnSharedResource=true`. */
  #shared(application: KubernetesObject, targets: readonly Target[]): string | undefined {
    const options = strings(at(application, 'spec', 'syncPolicy', 'syncOptions'));
    if (!options.includes('FailOnSharedResource=true')) return undefined;
    const { name } = application.metadata;
    for (const { kind, object } of targets) {
      if (kind === undefined) continue;
      const live = this.#store.get(kind, namespaceOf(object), object.metadata.name);
      const owner = live === undefined ? undefined : trackedBy(live);
      if (owner !== undefined && owner !== name) {
        return `${object.kind}/${object.metadata.name} is part of applications ${name} and ${owner}`;
      }
    }
    return undefined;
  }

  #targetProblem(application: KubernetesObject, { kind, object }: Target): string | undefined {
    if (kind === undefined) {
      const [group = ''] = object.apiVersion.includes('/') ? object.apiVersion.split('/') : [];
      return `The Kubernetes API could not find ${group}/${object.kind} for requested resource ${namespaceOf(object)}/${object.metadata.name}. Make sure the "${object.kind}" CRD is installed on the destination cluster.`;
    }
    if (object.metadata.annotations?.[HOOK] !== undefined) {
      return `hooks are not supported by the local cluster of the rehearsal: ${object.kind}/${object.metadata.name}`;
    }
    const project = this.#project(application);
    return project === undefined ? undefined : resourceProblem(project, kind, object);
  }

  #project(application: KubernetesObject): KubernetesObject | undefined {
    const name = text(at(application, 'spec', 'project')) ?? 'default';
    return this.#store.get(APP_PROJECT, namespaceOf(application), name);
  }

  #write(key: string, change: (current: KubernetesObject) => KubernetesObject): void {
    const current = this.#store.get(APPLICATION, ...splitKey(key));
    if (current !== undefined) this.#store.update(change(current));
  }
}

function targetOf(
  application: KubernetesObject,
  object: KubernetesObject,
  destination: string,
): Target {
  const kind = kindOrUndefined(object);
  const namespace =
    kind?.namespaced === false ? undefined : (object.metadata.namespace ?? destination);
  const placed = {
    ...object,
    metadata: { ...object.metadata, ...(namespace === undefined ? {} : { namespace }) },
  };
  return { kind, object: trackingId(application, placed, destination) };
}

function kindOrUndefined(object: KubernetesObject): Target['kind'] {
  try {
    return kindOf(object);
  } catch (error) {
    if (error instanceof OrderbooksError) return undefined;
    throw error;
  }
}
