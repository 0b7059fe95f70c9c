import { MemoryWorld } from '../kargo/memory-world.ts';
import type { PromotionClock } from '../kargo/promotion.ts';
import type { KubernetesObject } from '../kargo/step.ts';
import { type Operation, viewOf } from '../kargo/steps/argocd-application.ts';

/** A clock that starts where the preview does and leaps over waits. */
export class PreviewClock implements PromotionClock {
  #now: number;

  /** @param start milliseconds since the epoch */
  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  async sleep(milliseconds: number): Promise<void> {
    this.#now += milliseconds;
  }
}

/** What the steps of a previewed promotion see: a copy of the world, in which Argo CD syncs whatever it is asked to. */
export class PreviewWorld extends MemoryWorld {
  readonly #revisionOf: (branch: string) => string;

  /** @param revisionOf the commit that a branch has by now */
  constructor(
    options: ConstructorParameters<typeof MemoryWorld>[0],
    revisionOf: (branch: string) => string,
  ) {
    super(options);
    this.#revisionOf = revisionOf;
  }

  /** No request of a step leaves this machine. */
  httpRoute(): null {
    return null;
  }

  override updateApplication(application: KubernetesObject): void {
    const operation = application['operation'] as Operation | undefined;
    if (operation === undefined) {
      super.updateApplication(application);
      return;
    }
    const { operation: _done, ...rest } = application;
    const revisions = viewOf(application).sources.map(({ targetRevision }) =>
      this.#revisionOf(targetRevision ?? 'HEAD'),
    );
    super.updateApplication({
      ...rest,
      apiVersion: application.apiVersion,
      kind: application.kind,
      metadata: application.metadata,
      status: {
        ...(application['status'] as object | undefined),
        operationState: {
          phase: 'Succeeded',
          operation,
          syncResult: revisions.length === 1 ? { revision: revisions[0] } : { revisions },
        },
      },
    });
  }
}
