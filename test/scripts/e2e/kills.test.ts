import { expect, test } from 'vitest';
import { type KillRecord, violationOf } from '../../../scripts/e2e/kills.ts';

const run = (changes: Partial<KillRecord>): Omit<KillRecord, 'violation'> => ({
  blow: 'verifier killed',
  at: 10,
  struck: true,
  job: 'Failed',
  latest: 'RUNNING',
  document: null,
  reason: '',
  ...changes,
});

test.each([
  ['a killed verifier that left its verdict RUNNING', run({})],
  ['one that was ended and wrote ABORTED', run({ latest: 'ABORTED', document: 'ABORTED' })],
  ['one that failed on its broken Job', run({ latest: 'FAIL', document: 'FAIL' })],
  ['a blow that came too late', run({ job: 'Complete', latest: 'PASS', document: 'PASS' })],
  ['a kill between document and latest verdict', run({ latest: 'RUNNING', document: 'PASS' })],
  ['a kill after the last write', run({ latest: 'PASS', document: 'PASS' })],
])('%s breaks no rule', (_what, record) => {
  expect(violationOf(record)).toBe('');
});

test.each([
  ['a Job that succeeds without a document', run({ job: 'Complete', latest: 'PASS' })],
  ['a Job that succeeds on a verdict that is none', run({ job: 'Complete', document: 'PASS' })],
  ['a latest PASS without its document', run({ latest: 'PASS' })],
  [
    'an undisturbed run that does not pass',
    run({ blow: 'none', latest: 'FAIL', document: 'FAIL' }),
  ],
])('%s is a violation', (_what, record) => {
  expect(violationOf(record)).not.toBe('');
});
