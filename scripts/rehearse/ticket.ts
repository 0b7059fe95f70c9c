import type { Freight, KubernetesObject } from '../kargo/step.ts';
import type { LocalCluster } from './cluster/cluster.ts';
import { RehearsalError } from './error.ts';
import { PROJECT } from './manifests.ts';
import type { Override } from './result.ts';

const NAME = 'break-glass';
const LIFETIME_MS = 3_600_000;
const EMPTY = '-';

/** Version 1 comes to full without having been judged; the evidence gate wants a ticket for that, as on a first day. */
export const TICKET_OVERRIDE: Override = {
  what: 'break-glass ticket for version 1',
  manifest: 'none is filed',
  rehearsal: 'filed by the rehearsal, used once, taken back',
  why: 'what runs at first has no evidence',
};

/** Files a ticket for one promotion to full, as a person does in Kargo's UI; it lasts an hour by the gates' clock. */
export function fileTicket(
  cluster: LocalCluster,
  ticket: { readonly freight: Freight; readonly version: 1 | 2; readonly operator: string },
  now: Date,
): string {
  const { freight, version, operator } = ticket;
  const id = `rehearsal-version-${version}`;
  replaceData(cluster, {
    id,
    stage: 'full',
    freight: freight.name,
    operator,
    justification: `rehearsal of version ${version}, which nobody waits for`,
    expiresAt: `${new Date(now.getTime() + LIFETIME_MS).toISOString().slice(0, 19)}Z`,
  });
  return id;
}

/** Puts the empty form back. */
export function clearTicket(cluster: LocalCluster): void {
  replaceData(cluster, {});
}

function replaceData(cluster: LocalCluster, fields: Readonly<Record<string, string>>): void {
  const form = cluster.get('v1', 'ConfigMap', PROJECT, NAME);
  if (form === undefined) {
    throw new RehearsalError(
      'NO_TICKET_FORM',
      `expected ConfigMap ${NAME} among the rendered manifests of kargo/, found none; a ticket cannot be filed without it`,
    );
  }
  const empty = Object.fromEntries(
    Object.keys((form['data'] ?? {}) as Record<string, string>).map((key) => [key, EMPTY]),
  );
  const { resourceVersion: _, ...metadata } = form.metadata;
  cluster.replace({ ...form, metadata, data: { ...empty, ...fields } } as KubernetesObject);
}
