import { MemoryWorld } from '../../../../scripts/kargo/memory-world.ts';
import type { KubernetesObject } from '../../../../scripts/kargo/step.ts';
import { afterOperation } from '../synced-application.ts';
import { type Raw, record, text } from './record.ts';
import type { Server } from './remote.ts';

/** When Argo CD looked at each Application before the promotion. */
const MOMENT = '2026-11-21T10:00:00Z';
/** What the AppProject of the recordings let into the application's namespace. */
const PERMITTED_KINDS: ReadonlySet<string> = new Set(['ConfigMap']);
const CANNOT_LOAD =
  'Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = Unknown desc =';

/**
 * A world whose Argo CD carries out every operation at once: it syncs what the source's revision is now. Its http steps
 * reach the small server of the recordings.
 */
export class SyncingWorld extends MemoryWorld {
  readonly #server: Server;
  readonly #httpOrigin: string;

  constructor(
    server: Server,
    httpOrigin: string,
    options: ConstructorParameters<typeof MemoryWorld>[0],
  ) {
    super(options);
    this.#server = server;
    this.#httpOrigin = httpOrigin;
    // Argo CD has looked at each Application once before the promotion begins.
    for (const application of options?.applications ?? []) {
      super.updateApplication({ ...application, status: this.#neverSynced(application) });
    }
  }

  httpRoute(url: URL): URL | null {
    if (url.hostname !== 'http.test') return url.hostname === '127.0.0.1' ? url : null;
    const route = new URL(url.pathname + url.search, this.#httpOrigin);
    route.username = url.username;
    route.password = url.password;
    return route;
  }

  override updateApplication(application: KubernetesObject): void {
    super.updateApplication(
      application['operation'] === undefined ? application : this.#synced(application),
    );
  }

  #neverSynced(application: KubernetesObject): Raw {
    const { path, targetRevision, revision } = this.#sourceOf(application);
    const fault =
      revision === ''
        ? `unable to resolve '${targetRevision}' to a commit SHA`
        : this.#server.hasFolder(revision, path)
          ? ''
          : `${path}: app path does not exist`;
    return {
      reconciledAt: MOMENT,
      health: { status: 'Healthy' },
      sync: { status: fault === '' ? 'OutOfSync' : 'Unknown' },
      conditions:
        fault === '' ? [] : [{ type: 'ComparisonError', message: `${CANNOT_LOAD} ${fault}` }],
    };
  }

  #synced(application: KubernetesObject): KubernetesObject {
    const { path, revision } = this.#sourceOf(application);
    const found = revision !== '' && this.#server.hasFolder(revision, path);
    const refused = found ? this.#server.kinds(revision, path).find(isRefused) : undefined;
    if (!found) {
      return afterOperation(application, revision, {
        phase: 'Error',
        message: `ComparisonError: ${CANNOT_LOAD} Manifest generation error (cached): ${path}: app path does not exist`,
        syncResult: { revision: '' },
      });
    }
    if (refused === undefined) return afterOperation(application, revision);
    return afterOperation(application, revision, {
      phase: 'Failed',
      message: `one or more synchronization tasks are not valid: resource :${refused} is not permitted in project oracle`,
    });
  }

  #sourceOf(application: KubernetesObject) {
    const source = record(record(application['spec'])['source']);
    const targetRevision = text(source['targetRevision']);
    const revision = this.#server.resolve(targetRevision) ?? '';
    return { path: text(source['path']), targetRevision, revision };
  }
}

function isRefused(kind: string): boolean {
  return !PERMITTED_KINDS.has(kind);
}
