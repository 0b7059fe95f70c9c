import type { PreviewSource } from './source.ts';
import type { Subject } from './subject.ts';

export interface PreviewRequest {
  /** Root of the checkout, absolute. */
  readonly root: string;
  readonly stage: string;
  readonly source: PreviewSource;
  readonly subject: Subject;
  readonly at: Date;
  /** Who promotes, as Kargo would know them. */
  readonly actor: string;
  /** Address of Kargo's UI, for links; may be empty. */
  readonly uiUrl: string;
  /** Replaces ConfigMaps of the source. */
  readonly configMaps: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly assumeEvidence: boolean;
}
