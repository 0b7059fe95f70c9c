import { OrderbooksError } from '../../runtime/errors.ts';

/** A rollback for which there is nothing to go back to, or that cannot be looked at. */
export class RollbackError extends OrderbooksError {}
