import { PROJECT } from '../settings/names.ts';

/** What the API server has to answer. */
export type Answer = 'allowed' | 'refused by policy' | 'refused by rights';

export interface Attempt {
  readonly what: string;
  readonly as: string;
  /** Arguments of kubectl; each attempt is a dry run, which passes authorisation and admission like any other. */
  readonly words: readonly string[];
  readonly object?: ObjectToWrite;
  readonly answer: Answer;
}

export type ObjectToWrite = Readonly<Record<string, unknown>>;

export const VERIFIER = `system:serviceaccount:${PROJECT}:orderbooks-verifier`;

/** The verifier makes a new object. */
export function creation(what: string, object: ObjectToWrite, answer: Answer): Attempt {
  return { what, as: VERIFIER, words: ['create', '--filename=-'], object, answer };
}

/** The verifier writes an object that is there. */
export function replacement(what: string, object: ObjectToWrite, answer: Answer): Attempt {
  return { what, as: VERIFIER, words: ['replace', '--filename=-'], object, answer };
}

/** The verifier deletes an object. */
export function deletion(
  what: string,
  [kind, name, namespace]: readonly [kind: string, name: string, namespace: string],
  answer: Answer,
): Attempt {
  return {
    what,
    as: VERIFIER,
    words: ['delete', kind, name, `--namespace=${namespace}`, '--wait=false'],
    answer,
  };
}
