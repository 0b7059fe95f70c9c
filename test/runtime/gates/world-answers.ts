import type { UploadManifest } from '../../../runtime/archive/manifest.ts';
import type { GapRow } from '../../../runtime/archive/row.ts';
import type { ApplicationState, PromotionState } from '../../../runtime/gates/delivery-state.ts';
import type { InspectRequest, JobOutcome, Pod, Workload } from '../../../runtime/gates/platform.ts';
import type { InspectReport } from '../../../runtime/inspector/report.ts';
import type { EventSummary } from '../../../runtime/inspector/summary.ts';

/** What becomes of the truth on its way to who asked: a test replaces one of them. */
export interface Answers {
  pods(pods: Pod[]): Pod[];
  deployment(workload: Workload): Workload | null;
  metrics(text: string, namespace: string): string;
  summary(summary: EventSummary, namespace: string): EventSummary;
  inspect(report: InspectReport, request: InspectRequest): InspectReport;
  upload(outcome: JobOutcome): JobOutcome;
  collector(workload: Workload | null): Workload | null;
  collectorPods(pods: Pod[]): Pod[];
  gaps(gaps: GapRow[], run: string): GapRow[];
  uploadManifest(manifest: UploadManifest): UploadManifest;
  promotion(promotion: PromotionState): PromotionState | null;
  application(application: ApplicationState): ApplicationState | null;
}

/** Everything as it is. */
export function truthful(): Answers {
  return {
    pods: (pods) => pods,
    deployment: (workload) => workload,
    metrics: (text) => text,
    summary: (summary) => summary,
    inspect: (report) => report,
    upload: (outcome) => outcome,
    collector: (workload) => workload,
    collectorPods: (pods) => pods,
    gaps: (gaps) => gaps,
    uploadManifest: (manifest) => manifest,
    promotion: (promotion) => promotion,
    application: (application) => application,
  };
}
