import { z } from 'zod';
import type { Kubectl } from '../cluster/kubectl.ts';
import { knownFreight } from '../preview/cluster.ts';
import { type KnownFreight, PROJECT } from '../preview/source.ts';
import { TICKET_FIELDS, type Ticket, ticketIn } from './ticket.ts';

export const FORM = 'break-glass';

/** The form as it stands, with the version that a change must be based on. */
export interface FiledTicket {
  readonly ticket: Ticket;
  readonly resourceVersion: string;
}

/** @throws ClusterError */
export async function filedTicket(kubectl: Kubectl): Promise<FiledTicket> {
  const words = ['get', 'configmap', FORM, `--namespace=${PROJECT}`, '--output=json'];
  const { metadata, data } = await kubectl.read(words, form);
  return { ticket: ticketIn(data), resourceVersion: metadata.resourceVersion };
}

/**
 * The words of kubectl that write a ticket into the form. With the version that was seen, a change by somebody else in
 * between is a conflict instead of being lost.
 */
export function writingWords(ticket: Ticket, resourceVersion: string | null): readonly string[] {
  const data = Object.fromEntries(TICKET_FIELDS.map((field) => [field, ticket[field]]));
  const patch = { ...(resourceVersion === null ? {} : { metadata: { resourceVersion } }), data };
  return [
    'patch',
    'configmap',
    FORM,
    `--namespace=${PROJECT}`,
    '--type=merge',
    `--patch=${JSON.stringify(patch)}`,
  ];
}

/** Every Freight of the Project with its metadata. */
export async function clusterFreight(kubectl: Kubectl): Promise<readonly KnownFreight[]> {
  const words = ['get', 'freights.kargo.akuity.io', `--namespace=${PROJECT}`, '--output=json'];
  const { items } = await kubectl.read(words, listing);
  return items.map(knownFreight);
}

const listing = z.looseObject({ items: z.array(z.unknown()) });
const form = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string() }),
  data: z.record(z.string(), z.string()).default({}),
});
