import { OrderbooksError } from '../errors.ts';

export type GateErrorCode =
  /** Something awaited did not come in time; the message says what was seen last. */
  | 'GATE_TIMEOUT'
  /** An observation is empty, stale, truncated or not of the thing that is judged. */
  | 'GATE_OBSERVATION_INVALID'
  /** The run ended before its time: a signal or the policy's deadline. */
  | 'GATE_ABORTED'
  /** The API server says that we may not do what the run would do; the message names each verb. */
  | 'GATE_RIGHTS_MISSING'
  /** Command line or policy that cannot be followed. */
  | 'GATE_USAGE'
  /** Evidence could not be written somewhere it has to be. */
  | 'GATE_EVIDENCE_NOT_WRITTEN';

/** What goes wrong in a gate besides a check that refuses. */
export class GateError extends OrderbooksError {
  declare readonly code: GateErrorCode;

  constructor(code: GateErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(code, message, options);
  }
}

/** The text of anything thrown, for evidence and for people. */
export function errorText(error: unknown): string {
  if (error instanceof OrderbooksError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
