import { OrderbooksError } from '../errors.ts';

export type EvidenceErrorCode =
  /** No JSON, or cut off. */
  | 'EVIDENCE_UNREADABLE'
  /** JSON that is no evidence, or evidence of a release that this one does not know. */
  | 'EVIDENCE_FOREIGN'
  /** It is not what was sealed: its hash differs. */
  | 'EVIDENCE_TAMPERED'
  /** The cluster holds none. */
  | 'EVIDENCE_NOT_FOUND';

/** A document that must not be believed. */
export class EvidenceError extends OrderbooksError {
  declare readonly code: EvidenceErrorCode;

  constructor(code: EvidenceErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(code, message, options);
  }
}
