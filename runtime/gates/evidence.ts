import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../config/load.ts';

export const VERDICTS = ['PASS', 'FAIL', 'ERROR', 'ABORTED', 'RUNNING'] as const;
export type Verdict = (typeof VERDICTS)[number];

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const instant = z.iso.datetime();

const check = z.strictObject({
  id: z.string(),
  proves: z.string(),
  /** `not_judged`: what the check needs was not observed because something before it failed. Never a pass. */
  status: z.enum(['pass', 'fail', 'not_applicable', 'not_judged']),
  expected: z.string(),
  observed: z.string(),
  reason: z.string(),
  started_at: instant.nullable(),
  finished_at: instant,
});

const act = z.strictObject({
  fact: z.string(),
  title: z.string(),
  status: z.enum(['done', 'failed', 'not_performed']),
  started_at: instant.nullable(),
  finished_at: instant,
  error: z.string().nullable(),
});

/** The document that says what a gate run judged, on what, and how it decided. */
export const evidence = z.strictObject({
  schema: z.literal('orderbooks.evidence.v1'),
  /** Name of the immutable ConfigMap that keeps this document. */
  run: z.string(),
  gate: z.string(),
  verdict: z.enum(VERDICTS),
  /** Why, in one sentence. */
  reason: z.string(),
  started_at: instant,
  finished_at: instant,
  duration_ms: z.number().nonnegative(),
  subject: z.strictObject({
    project: z.string(),
    stage: z.string(),
    namespace: z.string(),
    production_namespace: z.string(),
    image_digest: z.string(),
    commit: z.string(),
  }),
  /** The policy as it was effective, durations in milliseconds; null if it could not be read. */
  policy: z.record(z.string(), z.union([z.string(), z.number()])).nullable(),
  /** Paths of the policy that ORDERBOOKS_POLICY_OVERRIDES set. */
  policy_overridden: z.array(z.string()),
  versions: z.strictObject({
    /** git SHA of the verifier itself, empty outside an image. */
    verifier_revision: z.string(),
    verifier_image: z.string(),
    verifier_pod: z.string(),
    node: z.string(),
    platform: z.string(),
  }),
  acts: z.array(act),
  /** What the run waited for because policy, rollout or rotation demand it; they may overlap. Older documents have none. */
  waits: z
    .array(z.strictObject({ for: z.string(), started_at: instant, finished_at: instant }))
    .optional(),
  /** Jobs that were run. Times of containers are the kubelet's, in whole seconds. Older documents have none. */
  jobs: z
    .array(
      z.strictObject({
        name: z.string(),
        created_at: instant,
        container_started_at: instant.nullable(),
        container_finished_at: instant.nullable(),
        /** When its end was known and its log read. */
        collected_at: instant,
      }),
    )
    .optional(),
  checks: z.array(check),
  /** Every archive that was judged, newest last. */
  archives: z.array(
    z.strictObject({
      path: z.string(),
      stream: z.string(),
      run_id: z.string().nullable(),
      sha256: z.string(),
      bytes: z.number(),
      rows: z.number(),
      close_reason: z.string().nullable(),
    }),
  ),
  /** How many older ones were left out to keep the document small. */
  archives_omitted: z.number().int().nonnegative(),
  /** Ends of the logs of what failed. */
  logs: z.array(z.strictObject({ source: z.string(), text: z.string() })),
  /** SHA-256 over the canonical JSON of everything else in this document. */
  sha256,
});
export type Evidence = z.infer<typeof evidence>;

/** Adds the hash. Throws if the document is not of the schema: evidence that nobody can read is none. */
export function sealEvidence(document: Omit<Evidence, 'sha256' | 'schema'>): Evidence {
  const complete = { schema: 'orderbooks.evidence.v1' as const, ...document };
  return evidence.parse({ ...complete, sha256: hashOf(complete) });
}

/** Whether the document still is what was sealed. */
export function isIntact(document: Evidence): boolean {
  const { sha256: claimed, ...rest } = document;
  return hashOf(rest) === claimed;
}

function hashOf(document: unknown): string {
  return createHash('sha256').update(canonicalJson(document)).digest('hex');
}
