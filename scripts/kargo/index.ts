/** Kargo's promotion semantics without Kargo: load its objects, admit a Promotion, carry it out, verify it. */
export {
  ACTOR_ANNOTATION,
  type AdmittedPromotion,
  actorOf,
  admitPromotion,
  CONTROLLER,
  type PromotionRequest,
  type Requester,
} from './admission.ts';
export {
  type AnalysisOutcome,
  analysisOutcome,
  type MeasurementPhase,
  type MetricMeasurement,
} from './analysis-outcome.ts';
export {
  type AnalysisRun,
  type AnalysisRunProblem,
  buildAnalysisRun,
  freightCollectionId,
} from './analysis-run.ts';
export { autoPromotionCandidates, isAutoPromotionEnabled } from './auto-promotion.ts';
export { isFreightAvailable } from './availability.ts';
export { type FreightContents, makeFreight } from './freight.ts';
export {
  type LoadedObject,
  loadProject,
  type Place,
  parseObjects,
  projectOf,
  type YamlSource,
} from './load.ts';
export { MemoryWorld } from './memory-world.ts';
export { ObjectNotFoundError } from './not-found.ts';
export type { FreightRecord, FreightStatus, Project } from './project.ts';
export { ProjectState } from './project-state.ts';
export { promote, promoteToEnd } from './promote.ts';
export type {
  HealthCheck,
  PromoteOptions,
  PromotionClock,
  PromotionEvent,
  PromotionInput,
  PromotionPhase,
  PromotionResult,
  StepRecord,
} from './promotion.ts';
export type { Refusal } from './refusal.ts';
export { admitStageOrTask } from './stage-admission.ts';
export type {
  Freight,
  KubernetesObject,
  StepContext,
  StepResult,
  StepRunner,
  StepStatus,
  World,
} from './step.ts';
export { KARGO_STEP_KINDS, stepRunners } from './steps/index.ts';
export { TemplateError } from './template.ts';
