import { OrderbooksError } from '../../runtime/errors.ts';

/** A ticket that cannot be filed, or a question about tickets that cannot be answered. */
export class BreakGlassError extends OrderbooksError {}
