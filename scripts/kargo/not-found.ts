import { OrderbooksError } from '../../runtime/errors.ts';

/** An object of Kargo's that a step names and that does not exist, in the API server's words. */
export class ObjectNotFoundError extends OrderbooksError {
  constructor(kind: 'Freight' | 'Stage', name: string) {
    super('KARGO_OBJECT_NOT_FOUND', `${kind}.kargo.akuity.io ${JSON.stringify(name)} not found`);
  }
}
