import { OrderbooksError } from '../../runtime/errors.ts';

/** A run on a real cluster that could not be carried out; nothing is judged by it. */
export class E2eError extends OrderbooksError {}
