import { OrderbooksError } from '../errors.ts';

export type PlatformErrorCode =
  | 'PLATFORM_CONFIGURATION_INVALID'
  | 'PLATFORM_UNREACHABLE'
  | 'PLATFORM_UNAUTHORIZED'
  | 'PLATFORM_FORBIDDEN'
  | 'PLATFORM_NOT_FOUND'
  | 'PLATFORM_CONFLICT'
  | 'PLATFORM_REFUSED'
  | 'PLATFORM_FAILING'
  /** The answer is not what was asked for: truncated, foreign or of another shape. */
  | 'PLATFORM_ANSWER_INVALID'
  | 'PLATFORM_JOB_FAILED'
  | 'PLATFORM_SUSPENDED';

const TRANSIENT: readonly PlatformErrorCode[] = [
  'PLATFORM_UNREACHABLE',
  'PLATFORM_FAILING',
  'PLATFORM_CONFLICT',
];

/** What the place where the workloads run refused or failed to do. */
export class PlatformError extends OrderbooksError {
  declare readonly code: PlatformErrorCode;
  /** End of the log of the Job that failed, if it was one. */
  readonly log: string | null;

  constructor(
    code: PlatformErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly log?: string } = {},
  ) {
    super(code, message, { cause: options.cause });
    this.log = options.log ?? null;
  }

  /** Whether asking again later can help. */
  get transient(): boolean {
    return TRANSIENT.includes(this.code);
  }
}
