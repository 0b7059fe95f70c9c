import { OrderbooksError } from '../../runtime/errors.ts';

/** A preview that cannot be made: what was asked for does not exist, or cannot be read. */
export class PreviewError extends OrderbooksError {}
