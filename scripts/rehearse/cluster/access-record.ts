import type { Access } from './authorization.ts';
import type { Identity } from './identities.ts';

/** One kind of access that was asked for, and how often. */
export interface AccessUse {
  readonly user: string;
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  readonly allowed: boolean;
  readonly count: number;
}

/** Everything that was asked of the API server: shows which rules of a Role are used, and which are missing. */
export class AccessRecord {
  readonly #uses = new Map<string, AccessUse>();

  note(identity: Identity, access: Access, allowed: boolean): void {
    const { verb, group, resource, namespace } = access;
    const use = { user: identity.user, verb, group, resource, namespace, allowed };
    const key = JSON.stringify(use);
    this.#uses.set(key, { ...use, count: (this.#uses.get(key)?.count ?? 0) + 1 });
  }

  uses(): readonly AccessUse[] {
    return [...this.#uses.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, use]) => use);
  }
}
