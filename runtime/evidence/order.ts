import type { Evidence } from '../gates/evidence.ts';

type Check = Evidence['checks'][number];

/** What decided first: refusals, then what could not be judged, then the rest as they were judged. */
const RANK: Readonly<Record<Check['status'], number>> = {
  fail: 0,
  not_judged: 1,
  not_applicable: 2,
  pass: 3,
};

export function byWeight(checks: Evidence['checks']): readonly Check[] {
  return checks.toSorted((a, b) => RANK[a.status] - RANK[b.status]);
}

/** `2 fail, 1 not_judged, 11 pass`; statuses that no check has are left out. */
export function counted(checks: Evidence['checks']): string {
  const parts = (['fail', 'not_judged', 'not_applicable', 'pass'] as const).flatMap((status) => {
    const count = checks.filter((check) => check.status === status).length;
    return count === 0 ? [] : [`${count} ${status}`];
  });
  return parts.length === 0 ? 'no check was judged' : parts.join(', ');
}
