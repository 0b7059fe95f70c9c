import { OrderbooksError } from '../../runtime/errors.ts';

export class CalendarError extends OrderbooksError {}
