import { OrderbooksError } from '../../../runtime/errors.ts';
import type { Kind } from './kinds.ts';

/** A refusal in the words and with the reason of a real API server; becomes a `Status` object on the wire. */
export class ApiError extends OrderbooksError {
  readonly httpStatus: number;
  readonly reason: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    httpStatus: number,
    reason: string,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
  ) {
    super(`KUBERNETES_${reason.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()}`, message);
    this.httpStatus = httpStatus;
    this.reason = reason;
    this.details = details;
  }
}

/** `deployments.apps`, or `pods` for the core group, as error messages name resources. */
export function qualified(kind: Kind): string {
  return kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`;
}

export function notFound(kind: Kind, name: string): ApiError {
  return new ApiError(404, 'NotFound', `${qualified(kind)} "${name}" not found`, about(kind, name));
}

export function alreadyExists(kind: Kind, name: string): ApiError {
  return new ApiError(
    409,
    'AlreadyExists',
    `${qualified(kind)} "${name}" already exists`,
    about(kind, name),
  );
}

export function conflict(kind: Kind, name: string, why: string): ApiError {
  return new ApiError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(kind)} "${name}": ${why}`,
    about(kind, name),
  );
}

/** `problem` starts with the path of the field, as in `spec.selector: Required value`. */
export function invalid(kind: Kind, name: string, problem: string): ApiError {
  const title = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  return new ApiError(422, 'Invalid', `${title} "${name}" is invalid: ${problem}`, {
    name,
    group: kind.group,
    kind: kind.kind,
    causes: [{ message: problem, field: problem.split(':')[0] ?? '' }],
  });
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message);
}

/** The `Status` object that a client gets for any refusal. */
export function statusObject(error: ApiError): Readonly<Record<string, unknown>> {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: error.message,
    reason: error.reason,
    details: error.details,
    code: error.httpStatus,
  };
}

function about(kind: Kind, name: string): Readonly<Record<string, unknown>> {
  return { name, ...(kind.group === '' ? {} : { group: kind.group }), kind: kind.plural };
}
