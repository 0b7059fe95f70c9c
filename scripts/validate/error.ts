import { OrderbooksError } from '../../runtime/errors.ts';

export type ValidationErrorCode =
  /** The folder cannot be read, or is none. */
  | 'VALIDATE_UNREADABLE'
  /** There is no manifest: saying "no findings" would be a lie. */
  | 'VALIDATE_NOTHING';

/** Why nothing could be checked. */
export class ValidationError extends OrderbooksError {
  constructor(code: ValidationErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(code, message, options);
  }
}
