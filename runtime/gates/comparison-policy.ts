import { z } from 'zod';
import type { MetricTerms } from '../comparison/judgement.ts';
import { duration } from '../config/schema.ts';

type Tolerance = Omit<MetricTerms, 'name' | 'unit'>;

const share = z.number().min(0);

/** Terms of one metric; a policy that changes one of them keeps the others. */
function metric(usual: Tolerance) {
  return z
    .strictObject({
      /** Which way is worse. */
      direction: z.enum(['increase', 'decrease', 'either']).default(usual.direction),
      /** What it means that one side has no values. */
      missing: z.enum(['fail', 'ignore']).default(usual.missing),
      /** `critical` refuses, `advisory` is reported. */
      criticality: z.enum(['critical', 'advisory']).default(usual.criticality),
      /** A shift is borne up to this share of production's median, */
      relative: share.default(usual.relative),
      /** or up to this, in the metric's unit, whichever is more. */
      absolute: share.default(usual.absolute),
    })
    .prefault({});
}

const critical = { direction: 'increase', criticality: 'critical' } as const;

/** What the canary's recorder is held to beside that of production, in another namespace. */
export const comparisonPolicy = z
  .strictObject({
    /** How long both are compared; once as long again while too little of it can be compared. */
    window: duration.prefault('2m'),
    /** Time is cut into spans this long, by the service's own time stamps. */
    span: duration.prefault('5s'),
    /** How long before and after a span a connection must have been open, on both sides. */
    settle: duration.prefault('5s'),
    /** So many spans of a market must be comparable at least. */
    spans: z.number().int().min(1).default(6),
    /** Share of production's events of one type that the canary may lack. */
    loss: z.number().min(0).lt(1).default(0.001),
    /**
     * What it means that production has no recorder at all. `when-present`: nothing to compare with, said as such, which
     * refuses nothing: a first day. `required`: refused.
     */
    baseline: z.enum(['when-present', 'required']).default('when-present'),
    metrics: z
      .strictObject({
        /** Milliseconds. Nodes whose clocks are kept by NTP differ by some tens of them; a slow recorder by seconds. */
        latency: metric({ ...critical, missing: 'fail', relative: 0.25, absolute: 500 }),
        /** Bytes. A release before memory and CPU were exposed has none. */
        memory: metric({ ...critical, missing: 'ignore', relative: 0.5, absolute: 67_108_864 }),
        /** Cores. */
        cpu: metric({ ...critical, missing: 'ignore', relative: 0.5, absolute: 0.2 }),
        /** A second. */
        reconnects: metric({ ...critical, missing: 'fail', relative: 0.5, absolute: 0.05 }),
        /** A second. A trade's price enters a book's hash before it is announced: some are the service's own. */
        divergences: metric({ ...critical, missing: 'fail', relative: 0.5, absolute: 0.05 }),
      })
      .prefault({}),
  })
  .prefault({})
  .superRefine(({ window, span }, context) => {
    if (window >= 2 * span) return;
    context.addIssue({
      code: 'custom',
      path: ['window'],
      message: 'expected at least twice the span, or no whole span need lie in it',
    });
  });
