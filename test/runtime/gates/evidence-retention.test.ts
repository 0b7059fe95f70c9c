import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { evidenceOfRun } from '../../../runtime/evidence/cluster.ts';
import { sealEvidence } from '../../../runtime/gates/evidence.ts';
import { expiredRuns, pruneRuns } from '../../../runtime/gates/evidence-retention.ts';
import { keepRun, setLatest } from '../../../runtime/gates/evidence-store.ts';
import { createApi } from '../../../runtime/gates/kubernetes/api.ts';
import { openCluster } from '../../../runtime/gates/kubernetes/cluster.ts';
import { connectKubernetes } from '../../../runtime/gates/kubernetes/platform.ts';
import type { KeptEvidence } from '../../../runtime/gates/platform.ts';
import { verdictEvent } from '../../../runtime/gates/verdict-event.ts';
import { verifyCommand } from '../../../runtime/gates/verify.ts';
import { evidenceOf } from './evidence-fixture.ts';
import { dig } from './kubernetes/api-request.ts';
import { connected } from './kubernetes/connected.ts';
import { type Prepared, prepared } from './prepared-verification.ts';
import { SUBJECT } from './world.ts';

const runs = ['a', 'b', 'c', 'd'].map((name): KeptEvidence => ({ name, kind: 'run', data: {} }));
const latest = (run: string): KeptEvidence => ({
  name: `of-${run}`,
  kind: 'latest',
  data: { run },
});

describe('which runs are kept', () => {
  it.each([
    [4, [], []],
    [9, [], []],
    [2, [], ['a', 'b']],
    [1, [], ['a', 'b', 'c']],
    // What a latest verdict names stays, whatever its age, while that verdict is among the newest itself.
    [2, [latest('a')], ['b']],
    [1, [latest('a'), latest('b')], ['a', 'c']],
    [2, [latest('a'), latest('b')], []],
  ])(
    'the newest %s and those that the newest verdicts %j name; deleted: %j',
    (keep, named, gone) => {
      expect(expiredRuns(runs, named, keep)).toEqual(gone);
    },
  );

  it('is never more than twice the number, however many subjects there are', () => {
    const many = Array.from({ length: 100 }, (_, index) => `run-${index}`);
    const kept = many.map((name): KeptEvidence => ({ name, kind: 'run', data: {} }));
    const left = 100 - expiredRuns(kept, many.map(latest), 7).length;
    expect(left).toBeLessThanOrEqual(14);
  });
});

describe('after a verdict', () => {
  let around: Prepared;
  beforeEach(async () => {
    around = await prepared();
  });
  afterEach(() => around.close());

  it('tells the Stage the verdict, its reason and where the evidence is', async () => {
    expect(await verifyCommand(around.options, around.around)).toBe(0);
    const { run } = around.onOutput();
    expect(around.world.events).toEqual([
      {
        name: run,
        type: 'Normal',
        reason: 'GatePassed',
        message: expect.stringMatching(/^ws-smoke: \d+ of \d+ checks passed.*evidence show --run=/),
        at: expect.any(Date),
      },
    ]);
    expect(around.progress.join('\n')).not.toMatch(/old runs|decides nothing/);
  });

  it('tells that the gate broke where its evidence could not be kept, and deletes nothing', async () => {
    keepOld(around, 25);
    const put = around.world.putConfigMap.bind(around.world);
    around.world.putConfigMap = async (...args) => {
      if (args[1].startsWith('evidence-run-')) throw new Error('not today');
      return put(...args);
    };
    expect(await verifyCommand(around.options, around.around)).toBe(3);
    expect(around.world.events).toMatchObject([
      {
        type: 'Warning',
        reason: 'GateBroken',
        message: expect.stringContaining('evidence not written: ConfigMap evidence-run-'),
      },
    ]);
    expect(around.world.calls.some((call) => call.startsWith('keptEvidence'))).toBe(false);
  });

  it('cuts a reason behind 600 characters, so that the place of the evidence has room', () => {
    const message = (length: number) =>
      verdictEvent(evidenceOf('FAIL'), 'FAIL', 'x'.repeat(length)).message;
    expect(message(600)).toContain(` ${'x'.repeat(600)}. Evidence`);
    expect(message(601)).toContain(` ${'x'.repeat(600)}…. Evidence`);
  });

  it('tells a refusal and an abort as warnings', async () => {
    around.world.change.deployment = () => null;
    expect(await verifyCommand(around.options, around.around)).toBe(1);
    around.world.before = (call) => {
      if (call === 'pods') around.signal('SIGTERM');
    };
    expect(await verifyCommand(around.options, around.around)).toBe(3);
    expect(around.world.events.map(({ type, reason }) => `${type} ${reason}`)).toEqual([
      'Warning GateRefused',
      'Warning GateAborted',
    ]);
  });

  it.each(['tellStage', 'keptEvidence', 'deleteEvidence'])(
    'a %s that fails is said and decides nothing',
    async (broken) => {
      keepOld(around, 25);
      around.world.before = (call) => {
        if (call === broken) throw new Error('not today');
      };
      expect(await verifyCommand(around.options, around.around)).toBe(0);
      expect(around.progress.join('\n')).toContain('not done, which decides nothing:');
    },
  );

  it('keeps twenty runs of the Stage and leaves those of others alone', async () => {
    keepOld(around, 25);
    keepOld(around, 25, 'full');
    expect(await verifyCommand(around.options, around.around)).toBe(0);
    const names = [...around.world.configMaps.keys()];
    expect(names.filter((name) => name.includes('/evidence-run-canary-'))).toHaveLength(20);
    expect(names).toContain(`${SUBJECT.project}/${around.onOutput().run}`);
    expect(names.filter((name) => name.includes('/evidence-run-full-'))).toHaveLength(25);
    expect(around.progress).toContainEqual(
      expect.stringContaining('deleted evidence of 6 old runs'),
    );
  });

  it('writes nothing of it for a run that does not record', async () => {
    await verifyCommand({ ...around.options, record: false }, around.around);
    expect(around.world.events).toEqual([]);
    expect(around.world.calls.some((call) => call.startsWith('keptEvidence'))).toBe(false);
  });
});

describe('over HTTP', () => {
  it('finds evidence by its labels in pages, deletes what is old, reads the newest again', async () => {
    const { api, options, close } = await connected();
    try {
      const platform = connectKubernetes(options);
      const { schema: _schema, sha256: _sha256, ...rest } = evidenceOf('PASS');
      for (let index = 0; index < 70; index++) {
        const minute = String(index % 60).padStart(2, '0');
        const hour = String(10 + Math.floor(index / 60));
        const document = sealEvidence({
          ...rest,
          run: `evidence-run-canary-20261121t${hour}${minute}00z-0123abcd`,
          started_at: `2026-11-21T${hour}:${minute}:00.000Z`,
        });
        await keepRun(platform, SUBJECT, document);
        if (index === 3) await setLatest(platform, SUBJECT, document);
      }
      const gone = await pruneRuns(platform, SUBJECT, 5);
      expect(gone).toHaveLength(64);
      expect(gone).not.toContain('evidence-run-canary-20261121t100300z-0123abcd');
      const left = await platform.keptEvidence(SUBJECT.project, 'run', 'canary');
      expect(left.map(({ name }) => name.slice(29, 35))).toEqual([
        '100300',
        '110500',
        '110600',
        '110700',
        '110800',
        '110900',
      ]);
      const reader = createApi(openCluster(options), options);
      const newest = await evidenceOfRun(reader, { project: SUBJECT.project, stage: 'canary' });
      expect(newest.run).toBe('evidence-run-canary-20261121t110900z-0123abcd');
      const [, second] = left;
      const one = await evidenceOfRun(reader, { project: SUBJECT.project, run: second?.name });
      expect(one.run).toBe(second?.name);
      await expect(
        evidenceOfRun(reader, { project: SUBJECT.project, stage: 'full' }),
      ).rejects.toMatchObject({ code: 'EVIDENCE_NOT_FOUND' });
      await platform.tellStage(SUBJECT.project, 'canary', {
        name: 'e',
        type: 'Warning',
        reason: 'GateRefused',
        message: 'm'.repeat(5000),
        at: new Date('2026-11-21T10:00:00.5Z'),
      });
      expect(dig(api.events[0], 'involvedObject')).toMatchObject({
        kind: 'Stage',
        name: 'canary',
        uid: 'uid-of-canary',
      });
      expect(dig(api.events[0], 'lastTimestamp')).toBe('2026-11-21T10:00:00Z');
      expect(String(dig(api.events[0], 'message'))).toHaveLength(1024);
    } finally {
      await close();
    }
  });
});

/** Evidence of earlier runs in the world, a minute apart. */
function keepOld({ world }: Prepared, count: number, stage = 'canary'): void {
  for (let index = 0; index < count; index++) {
    const startedAt = new Date(Date.parse('2026-11-20T10:00:00Z') + index * 60_000).toISOString();
    world.configMaps.set(`${SUBJECT.project}/evidence-run-${stage}-${index}`, {
      data: { startedAt },
      immutable: true,
    });
  }
}
