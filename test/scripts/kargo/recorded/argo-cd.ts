import { MemoryWorld } from '../../../../scripts/kargo/memory-world.ts';
import type { KubernetesObject } from '../../../../scripts/kargo/step.ts';
import { record, text } from './record.ts';
import type { Server } from './remote.ts';

/** A world whose Argo CD carries out every operation at once: it syncs what the source's revision is now. */
export class SyncingWorld extends MemoryWorld {
  readonly #server: Server;

  constructor(server: Server, options: ConstructorParameters<typeof MemoryWorld>[0]) {
    super(options);
    this.#server = server;
  }

  override updateApplication(application: KubernetesObject): void {
    const { operation, ...rest } = application;
    super.updateApplication(
      operation === undefined ? application : { ...rest, status: this.#synced(application) },
    );
  }

  #synced(application: KubernetesObject) {
    const source = record(record(application['spec'])['source']);
    const path = text(source['path']);
    const revision = this.#server.resolve(text(source['targetRevision'])) ?? '';
    const found = revision !== '' && this.#server.hasFolder(revision, path);
    return {
      operationState: {
        operation: application['operation'],
        phase: found ? 'Succeeded' : 'Error',
        message: found
          ? 'successfully synced (all tasks run)'
          : `ComparisonError: Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = Unknown desc = Manifest generation error (cached): ${path}: app path does not exist`,
        syncResult: { revision: found ? revision : '' },
      },
    };
  }
}
