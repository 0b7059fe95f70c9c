import { describe, expect, it } from 'vitest';
import { latestEvidenceName } from '../../runtime/gates/evidence-store.ts';
import {
  COMMIT,
  type Delivery,
  DIGEST,
  delivery,
  freightOf,
  PROJECT,
  trailersOf,
  validTicket,
} from './bundle.ts';

const NOW = '2026-11-21T15:00:00Z';
const OTHER_COMMIT = `${COMMIT.slice(0, 12)}${'0'.repeat(28)}`;
const OTHER_DIGEST = `${DIGEST.slice(0, 19)}${'0'.repeat(52)}`;
const RUN = 'evidence-run-canary-20261120t100000z-abcdef';

function subjectAt(time: string = NOW): Delivery {
  return delivery(time);
}

describe('the evidence gate', () => {
  it('passes a Freight whose latest verdict is PASS for exactly its image and commit', async () => {
    const subject = subjectAt();
    subject.evidence();
    const promoted = await subject.promote();
    expect(promoted).toMatchObject({ phase: 'Succeeded', pushed: true });
    expect(promoted.state['evidence-gate::subject']).toMatchObject({
      commit: COMMIT,
      digest: DIGEST,
    });
  });

  it('looks where the verifier writes', async () => {
    const subject = subjectAt();
    subject.evidence();
    const name = latestEvidenceName({ stage: 'canary', commit: COMMIT, imageDigest: DIGEST });
    subject.configMap(name, null);
    expect((await subject.promote()).pushed).toBe(false);
  });

  it.each([
    ['FAIL', { latest: { verdict: 'FAIL' } }, 'the latest verdict of the gates of canary is FAIL'],
    ['ERROR', { latest: { verdict: 'ERROR' } }, 'is ERROR'],
    ['ABORTED', { latest: { verdict: 'ABORTED' } }, 'is ABORTED'],
    [
      'RUNNING',
      { latest: { verdict: 'RUNNING', finishedAt: '' } },
      'are judging it now, or their verifier vanished',
    ],
    ['a verdict that is no verdict', { latest: { verdict: 'pass' } }, 'is pass'],
    ['no time', { latest: { finishedAt: '' } }, 'does not say when'],
    ['a time that is none', { latest: { finishedAt: 'yesterday' } }, 'does not say when'],
    ['a time to come', { latest: { finishedAt: '2026-11-21T15:05:01Z' } }, 'lies in the future'],
    ['no run', { latest: { run: '' } }, 'is missing or unreadable'],
    ['a run of another name', { latest: { run: 'break-glass' } }, 'is missing or unreadable'],
    ['a document of FAIL', { document: { verdict: 'FAIL' } }, 'disagrees with the document'],
    [
      'a document of another run',
      { document: { run: 'evidence-run-canary-x' } },
      'disagrees with the document',
    ],
    [
      'a document of another time',
      { document: { finished_at: '2026-11-21T14:00:00Z' } },
      'disagrees with the document',
    ],
    ['a document without subject', { document: { subject: null } }, 'is about another image'],
    [
      'a document about another commit',
      { subject: { commit: OTHER_COMMIT } },
      'is about another image, commit or Stage',
    ],
    [
      'a document about another image',
      { subject: { image_digest: OTHER_DIGEST } },
      'is about another image',
    ],
    [
      'a run without the comparison',
      { document: { gate: 'ws-smoke+ws-reliability' } },
      'judged by ws-smoke+ws-reliability and not by all of ws-smoke+ws-reliability+canary-comparison',
    ],
    ['a run of no gate', { document: { gate: null } }, 'and not by all of'],
    ['a document about another Stage', { subject: { stage: 'full' } }, 'is about another image'],
    [
      'a document about another Project',
      { subject: { project: 'elsewhere' } },
      'is about another image',
    ],
  ])('refuses %s', async (_, changes, reason) => {
    const subject = subjectAt();
    subject.evidence(changes);
    const refused = await subject.promote();
    expect(refused).toMatchObject({ phase: 'Failed', pushed: false });
    expect(refused.message).toMatch(/^step "evidence-gate::refused": failed: Evidence gate: /);
    expect(refused.message).toContain(reason);
    expect(refused.message.length).toBeLessThan(900);
  });

  it.each([
    ['no evidence', () => undefined],
    [
      'a document that is gone',
      (subject: Delivery) => {
        subject.evidence();
        subject.configMap(RUN, null);
      },
    ],
    [
      'a document that is no JSON',
      (subject: Delivery) => {
        subject.evidence();
        subject.configMap(RUN, { 'evidence.json': '{"verdict":' });
      },
    ],
    [
      'a document that is empty',
      (subject: Delivery) => {
        subject.evidence();
        subject.configMap(RUN, { 'evidence.json': '' });
      },
    ],
  ] as const)('refuses %s', async (_, arrange) => {
    const subject = subjectAt();
    arrange(subject);
    const refused = await subject.promote();
    expect(refused.phase).not.toBe('Succeeded');
    expect(refused.pushed).toBe(false);
    expect(refused.done).not.toContain('render::clone');
  });

  it('refuses evidence of another Freight that shares the first twelve characters of commit and digest', async () => {
    const other = freightOf(OTHER_COMMIT, OTHER_DIGEST);
    const subject = delivery(NOW, [other]);
    subject.evidence();
    const refused = await subject.promote({ freight: other });
    expect(refused.message).toContain('is about another image, commit or Stage');
  });

  it('refuses a verdict that is older than a day, to the second', async () => {
    const subject = subjectAt();
    subject.evidence();
    subject.at('2026-11-22T15:00:00Z');
    expect((await subject.promote()).phase).toBe('Succeeded');
    const fresh = subjectAt();
    fresh.evidence();
    fresh.at('2026-11-22T15:00:01Z');
    expect((await fresh.promote()).message).toContain('is older than 24h');
  });

  it('is not satisfied by manual approval, and says so', async () => {
    // Every Freight here is approved by hand for full.
    const { message } = await subjectAt().promote();
    expect(message).toContain('approving the Freight by hand does not help');
  });

  it('lets a Freight come back that ran here before, however old its evidence is', async () => {
    const subject = subjectAt();
    subject.evidence();
    expect((await subject.promote()).phase).toBe('Succeeded');
    subject.at('2026-12-19T15:00:00Z');
    subject.configMap(
      latestEvidenceName({ stage: 'canary', commit: COMMIT, imageDigest: DIGEST }),
      null,
    );
    expect(await subject.promote()).toMatchObject({ phase: 'Succeeded', pushed: true });
  });

  it('does not let a Freight come back that its gates refused here', async () => {
    const subject = subjectAt();
    subject.evidence();
    await subject.promote();
    subject.configMap(latestEvidenceName({ stage: 'full', commit: COMMIT, imageDigest: DIGEST }), {
      verdict: 'FAIL',
    });
    subject.at('2026-12-19T15:00:00Z');
    expect((await subject.promote()).message).toContain('is older than 24h');
  });

  it('does not count a promotion that was refused as one that ran here', async () => {
    const subject = subjectAt();
    await subject.promote();
    expect(subject.world.freightMetadata(PROJECT, subject.freight.name)).toBeNull();
  });

  it('is opened by a ticket, once, and says what for', async () => {
    const subject = subjectAt();
    subject.ticket(validTicket(NOW, subject.freight));
    expect(await subject.promote()).toMatchObject({ phase: 'Succeeded', pushed: true });
    const record = subject.world.freightMetadata(PROJECT, subject.freight.name)?.[
      'breakGlass-full-INC-42'
    ];
    expect(record).toMatchObject({
      for: 'the gates of canary have not judged this image and commit',
    });
    expect(trailersOf(subject.commits[0] ?? '')['Break-Glass-Id']).toBe('INC-42');
  });

  it('shares one ticket with the market gate within one promotion', async () => {
    const subject = delivery('2026-11-20T15:00:00Z');
    subject.ticket(validTicket('2026-11-20T15:00:00Z', subject.freight));
    expect(await subject.promote()).toMatchObject({ phase: 'Succeeded', pushed: true });
    const record = subject.world.freightMetadata(PROJECT, subject.freight.name)?.[
      'breakGlass-full-INC-42'
    ];
    expect(record).toMatchObject({
      for: 'market hours; the gates of canary have not judged this image and commit',
    });
  });
});
