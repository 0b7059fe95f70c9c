/**
 * Base of every error this project throws on purpose.
 *
 * `code` is stable and meant for programs; `message` says what was expected, what was seen and what to do;
 * the error that led to it, if any, is `cause`.
 */
export class OrderbooksError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}
