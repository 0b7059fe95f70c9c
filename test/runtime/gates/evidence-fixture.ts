import { type Evidence, sealEvidence, type Verdict } from '../../../runtime/gates/evidence.ts';
import { COMMIT, DIGEST } from './world.ts';

/** A small evidence document. */
export function evidenceOf(verdict: Verdict): Evidence {
  return sealEvidence({
    run: 'evidence-run-canary-20261121t100000z-0123abcd',
    gate: 'ws-smoke',
    verdict,
    reason: 'because',
    started_at: '2026-11-21T10:00:00.000Z',
    finished_at: '2026-11-21T10:05:00.000Z',
    duration_ms: 300_000,
    subject: {
      project: 'orderbooks-delivery',
      stage: 'canary',
      namespace: 'orderbooks-canary',
      production_namespace: 'orderbooks',
      image_digest: DIGEST,
      commit: COMMIT,
    },
    policy: { restart: 'provoke', deadline: 1 },
    policy_overridden: [],
    versions: {
      verifier_revision: '',
      verifier_image: '',
      verifier_pod: '',
      node: 'v24',
      platform: 'a world in memory',
    },
    acts: [],
    checks: [],
    archives: [],
    archives_omitted: 0,
    logs: [],
  });
}
