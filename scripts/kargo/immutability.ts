import type { AdmittedPromotion, Requester } from './admission.ts';
import { denied, invalidObject, type Refusal, refusal } from './refusal.ts';
import type { Freight } from './step.ts';

const PROMOTION_WEBHOOK = 'promotion.kargo.akuity.io';
const FREIGHT_WEBHOOK = 'freight.kargo.akuity.io';

/** A Promotion's spec as it is stored. */
export type PromotionSpec = Readonly<Record<string, unknown>>;

/** Why Kargo refuses a changed spec of a Promotion; `null` where nothing changed. */
export function refusePromotionChange(
  promotion: AdmittedPromotion['name'],
  before: PromotionSpec,
  after: PromotionSpec,
): Refusal | null {
  if (JSON.stringify(before) === JSON.stringify(after)) return null;
  const fault = { path: 'spec', type: 'Invalid value', detail: 'spec is immutable' } as const;
  return invalidObject('Promotion', promotion, [{ ...fault, value: after }], PROMOTION_WEBHOOK);
}

/** Why Kargo refuses a changed Freight: what it holds stays for ever, its alias and labels may change. */
export function refuseFreightChange(before: Freight, after: Freight): Refusal | null {
  for (const key of ['commits', 'images', 'charts'] as const) {
    const index = after[key].findIndex(
      (artifact, at) => JSON.stringify(artifact) !== JSON.stringify(before[key][at]),
    );
    const changed = index >= 0 ? after[key][index] : undefined;
    if (changed === undefined && after[key].length === before[key].length) continue;
    const path = changed === undefined ? key : `${key}[${index}]`;
    const fault = { path, type: 'Invalid value', detail: 'Freight is immutable' } as const;
    const value = changed === undefined ? after[key] : inGoOrder({ ...changed });
    return invalidObject('Freight', before.name, [{ ...fault, value }], FREIGHT_WEBHOOK);
  }
  return null;
}

/** Fields of artifacts in the order of Kargo's structs, which its messages show. */
const FIELD_ORDER = [
  'repoURL',
  'id',
  'name',
  'version',
  'branch',
  'tag',
  'digest',
  'message',
  'author',
  'committer',
];

function inGoOrder(artifact: Readonly<Record<string, unknown>>): unknown {
  const place = (field: string): number => FIELD_ORDER.indexOf(field) + 1 || FIELD_ORDER.length + 1;
  return Object.fromEntries(Object.entries(artifact).sort(([a], [b]) => place(a) - place(b)));
}

/** Why Kargo refuses to delete a Freight: Stages run it. */
export function refuseFreightDeletion(freight: string, stages: readonly string[]): Refusal | null {
  if (stages.length === 0) return null;
  const names = stages.map((stage) => JSON.stringify(stage)).join(', ');
  const message = `freights.kargo.akuity.io ${JSON.stringify(freight)} is forbidden: freight is in-use by stages (${names})`;
  return refusal(403, 'Forbidden', denied(FREIGHT_WEBHOOK, message));
}

/** What the API server answers a person whose roles do not hold a verb for Promotions. */
export function mayNotTouchPromotion(
  { username }: Requester,
  verb: 'patch' | 'delete',
  promotion: string,
  namespace: string,
): Refusal {
  const message =
    `promotions.kargo.akuity.io ${JSON.stringify(promotion)} is forbidden: User ${JSON.stringify(username)} cannot ${verb} ` +
    `resource "promotions" in API group "kargo.akuity.io" in the namespace ${JSON.stringify(namespace)}`;
  return refusal(403, 'Forbidden', message);
}
