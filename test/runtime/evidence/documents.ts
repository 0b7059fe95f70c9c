import { type Evidence, sealEvidence } from '../../../runtime/gates/evidence.ts';
import { evidenceOf } from '../gates/evidence-fixture.ts';

type Check = Evidence['checks'][number];

export function check(id: string, status: Check['status'], reason = `because of ${id}`): Check {
  return {
    id,
    proves: `that ${id} holds`,
    status,
    expected: `what ${id} expects`,
    observed: `what ${id} observed`,
    reason,
    started_at: '2026-11-21T10:00:01.000Z',
    finished_at: '2026-11-21T10:00:03.000Z',
  };
}

/** A refused run with something of everything, changed as a test wants it and sealed anew. */
export function refused(changes: Partial<Evidence> = {}): Evidence {
  const { sha256: _sha256, schema: _schema, ...document } = evidenceOf('FAIL');
  return sealEvidence({
    ...document,
    reason: 'archives-parse: broken',
    policy_overridden: ['observation'],
    acts: [
      {
        fact: 'before',
        title: 'inspect',
        status: 'failed',
        started_at: '2026-11-21T10:00:01.000Z',
        finished_at: '2026-11-21T10:01:06.000Z',
        error: 'the Job failed',
      },
    ],
    checks: [check('recorder-receives', 'pass'), check('archives-parse', 'fail', 'broken')],
    archives: [
      {
        path: 'raw/a.jsonl.gz',
        stream: 'ws_raw',
        run_id: 'r1',
        sha256: 'a'.repeat(64),
        bytes: 10,
        rows: 2,
        close_reason: 'rotation',
      },
    ],
    logs: [{ source: 'pod <b>x</b>', text: 'one\n\u001b[2Jtwo <script>alert(1)</script>\n' }],
    ...changes,
  });
}
