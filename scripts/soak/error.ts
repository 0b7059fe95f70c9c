import { OrderbooksError } from '../../runtime/errors.ts';

/** The soak could not be carried out; a soak that finds something is no error but a result. */
export class SoakError extends OrderbooksError {}
