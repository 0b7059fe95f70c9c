/** A request that Kargo's API or webhooks turn down, in the words a person sees (without kubectl's prefix). */
export interface Refusal {
  readonly allowed: false;
  readonly code: number;
  readonly reason: string | null;
  readonly message: string;
}

/** One fault of one field; `value` is absent where Kubernetes prints none. */
export interface FieldFault {
  readonly path: string;
  readonly type: 'Invalid value' | 'Required value' | 'Unsupported value' | 'Forbidden';
  readonly value?: unknown;
  readonly detail: string;
}

/** Several faults of one object, as the Kubernetes API server words them. */
export function invalidObject(
  kind: string,
  name: string,
  faults: readonly FieldFault[],
  webhook?: string,
): Refusal {
  const texts = faults.map(faultText);
  const joined = texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
  const message = `${kind}.kargo.akuity.io ${JSON.stringify(name)} is invalid: ${joined}`;
  return refusal(422, 'Invalid', webhook === undefined ? message : denied(webhook, message));
}

/** The prefix of every message of a webhook. */
export function denied(webhook: string, message: string): string {
  return `admission webhook "${webhook}" denied the request: ${message}`;
}

export function refusal(code: number, reason: string | null, message: string): Refusal {
  return { allowed: false, code, reason, message };
}

/**
 * The text that the API server adds when a schema fault stops it from running the rules written in CEL.
 */
export const RULES_NOT_CHECKED: FieldFault = {
  path: '<nil>',
  type: 'Invalid value',
  value: null,
  detail:
    'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
};

function faultText(fault: FieldFault): string {
  const value = fault.value === undefined ? '' : `: ${JSON.stringify(fault.value)}`;
  return `${fault.path}: ${fault.type}${value}${fault.detail === '' ? '' : `: ${fault.detail}`}`;
}
