import { OrderbooksError } from '../../runtime/errors.ts';

/** A rehearsal that could not be carried out; nothing is judged by it. */
export class RehearsalError extends OrderbooksError {}
