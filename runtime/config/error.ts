import { OrderbooksError } from '../errors.ts';

export type ConfigurationErrorCode =
  | 'CONFIG_UNREADABLE'
  | 'CONFIG_NOT_YAML'
  | 'CONFIG_OVERRIDES_INVALID'
  | 'CONFIG_INVALID'
  | 'DATA_ROOT_UNUSABLE'
  | 'USAGE';

/**
 * What a person must correct in a file, an environment variable or the command line before anything can run.
 * The command line ends with exit code 2 for it, before any connection.
 */
export class ConfigurationError extends OrderbooksError {
  declare readonly code: ConfigurationErrorCode;

  constructor(
    code: ConfigurationErrorCode,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(code, message, options);
  }
}
