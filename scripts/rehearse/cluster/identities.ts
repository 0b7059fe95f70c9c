import { randomBytes } from 'node:crypto';

/** Who sends a request. */
export interface Identity {
  readonly user: string;
  readonly groups: readonly string[];
}

/** The rehearsal's own user: may do everything. */
export const ADMIN = 'kubernetes-admin';

/** Whoever is in it may do everything. */
export const MASTERS = 'system:masters';

export const ANONYMOUS: Identity = {
  user: 'system:anonymous',
  groups: ['system:unauthenticated'],
};

const TOKEN_BYTES = 24;

export function serviceAccountUser(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

/** Namespace and name of a ServiceAccount's user name, or undefined for other users. */
export function parseServiceAccountUser(user: string): readonly [string, string] | undefined {
  const match = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user);
  return match === null ? undefined : [match[1] ?? '', match[2] ?? ''];
}

/** Bearer tokens of one run of the cluster: random, kept in memory, one per user. */
export class Tokens {
  readonly #byUser = new Map<string, string>();
  readonly #users = new Map<string, string>();

  tokenOf(user: string): string {
    const known = this.#byUser.get(user);
    if (known !== undefined) return known;
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    this.#byUser.set(user, token);
    this.#users.set(token, user);
    return token;
  }

  /** Undefined if the token was never handed out. */
  identify(token: string): Identity | undefined {
    const user = this.#users.get(token);
    return user === undefined ? undefined : identityOf(user);
  }
}

/** A user with the groups that Kubernetes gives to its kind. */
export function identityOf(user: string): Identity {
  if (user === ADMIN) return { user, groups: [MASTERS, 'system:authenticated'] };
  const account = parseServiceAccountUser(user);
  if (account === undefined) return { user, groups: ['system:authenticated'] };
  const groups = [
    'system:serviceaccounts',
    `system:serviceaccounts:${account[0]}`,
    'system:authenticated',
  ];
  return { user, groups };
}
