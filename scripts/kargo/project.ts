import type {
  AnalysisTemplate,
  ProjectConfig,
  PromotionTask,
  Stage,
  Warehouse,
} from './objects.ts';
import type { Freight } from './step.ts';

/** What Kargo keeps in a Freight's status. Times are milliseconds since the epoch. */
export interface FreightStatus {
  readonly currentlyIn: Readonly<Record<string, { readonly since: number }>>;
  readonly verifiedIn: Readonly<
    Record<string, { readonly verifiedAt: number; readonly longestCompletedSoak?: number }>
  >;
  readonly approvedFor: Readonly<Record<string, { readonly approvedAt: number }>>;
}

export interface FreightRecord {
  readonly freight: Freight;
  readonly status: FreightStatus;
  readonly discoveredAt: number;
}

export const NEW_FREIGHT_STATUS: FreightStatus = {
  currentlyIn: {},
  verifiedIn: {},
  approvedFor: {},
};

/** Every object of one Kargo Project that decides about promotions. */
export interface Project {
  readonly name: string;
  readonly stages: ReadonlyMap<string, Stage>;
  readonly tasks: ReadonlyMap<string, PromotionTask>;
  readonly clusterTasks: ReadonlyMap<string, PromotionTask>;
  readonly warehouses: ReadonlyMap<string, Warehouse>;
  readonly analysisTemplates: ReadonlyMap<string, AnalysisTemplate>;
  readonly clusterAnalysisTemplates: ReadonlyMap<string, AnalysisTemplate>;
  readonly config: ProjectConfig | null;
}

/** Image repositories that each Warehouse of a Stage's requested Freight subscribes to, as steps need them. */
export function warehouseImages(
  project: Project,
  stage: string,
): Readonly<Record<string, readonly string[]>> {
  const requested = project.stages.get(stage)?.spec.requestedFreight ?? [];
  const images: Record<string, readonly string[]> = {};
  for (const [name, warehouse] of project.warehouses) {
    if (!requested.some(({ origin }) => origin.name === name)) continue;
    images[name] = warehouse.spec.subscriptions.flatMap((subscription) =>
      subscription.image === undefined ? [] : [subscription.image.repoURL],
    );
  }
  return images;
}
