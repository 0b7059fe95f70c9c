import { describe, expect, it } from 'vitest';
import type { Act } from '../../../runtime/gates/act.ts';
import type { Check } from '../../../runtime/gates/check.ts';
import type { FactName } from '../../../runtime/gates/facts.ts';
import type { Gate } from '../../../runtime/gates/gates.ts';
import { runGate } from '../../../runtime/gates/run.ts';
import { World } from './world.ts';

describe('the record of an act', () => {
  it('says done, failed with the error, or not performed with what it needed', async () => {
    const { acts } = await runGate(
      gate([
        act('promoted'),
        act('before', { needs: ['promoted'], perform: fails('disk gone') }),
        act('restart', { needs: ['before'] }),
      ]),
      new World().context(),
    );
    expect(acts.map(({ fact, status, error }) => [fact, status, error])).toEqual([
      ['promoted', 'done', null],
      ['before', 'failed', expect.stringContaining('disk gone')],
      ['restart', 'not_performed', 'needs “to before”, which did not succeed'],
    ]);
    expect(acts.map(({ started_at }) => started_at === null)).toEqual([false, false, true]);
  });
});

describe('the record of a check', () => {
  it('begins with the first act that it needs, and with no other', async () => {
    const world = new World();
    const slow = { perform: async () => world.wait(1000, new AbortController().signal) };
    const { acts, checks } = await runGate(
      gate(
        [act('promoted', slow), act('before', slow), act('restart', slow), act('after', slow)],
        [check('archives-parse', ['restart', 'before'])],
      ),
      world.context(),
    );
    expect(new Set(acts.map(({ started_at }) => started_at)).size).toBe(4);
    expect(checks[0]?.started_at).toBe(acts.find(({ fact }) => fact === 'before')?.started_at);
  });

  it('has no beginning where nothing that it needs was begun', async () => {
    const { checks } = await runGate(
      gate([act('promoted')], [check('archives-parse', ['upload'])]),
      new World().context(),
    );
    expect(checks).toMatchObject([
      {
        status: 'not_judged',
        started_at: null,
        observed: 'nothing: upload was not performed',
        reason: 'the gate has no act that observes it',
      },
    ]);
  });

  it('names by its title the act that failed, and which check answers for it', async () => {
    const failing = act('upload', {
      perform: fails('remote full'),
      answeredBy: ['upload-verified', 'snapshots-uploaded'],
    });
    const { checks } = await runGate(
      gate(
        [act('promoted'), failing],
        [check('upload-verified', ['upload']), check('remote-holds-upload', ['upload'])],
      ),
      new World().context(),
    );
    expect(checks).toMatchObject(
      [
        { status: 'fail', observed: 'nothing: “to upload” failed', reason: /remote full/ },
        { status: 'not_judged', reason: /^refused by upload-verified: .*remote full/ },
      ].map((one) => ({ ...one, reason: expect.stringMatching(one.reason) })),
    );
  });

  it('refuses itself where those that answer for an act are not of the gate', async () => {
    const failing = act('upload', {
      perform: fails('remote full'),
      answeredBy: ['snapshots-uploaded'],
    });
    const { checks } = await runGate(
      gate([failing], [check('upload-verified', ['upload'])]),
      new World().context(),
    );
    expect(checks).toMatchObject([{ status: 'fail' }]);
  });

  it('is made as soon as one fact failed, although another is not looked at yet', async () => {
    const world = new World();
    await runGate(
      gate(
        [act('promoted'), act('before', { perform: fails('disk gone') }), act('after')],
        [check('archives-parse', ['before', 'after'])],
      ),
      world.context(),
    );
    const said = (text: string) => world.progress.findIndex((line) => line.includes(text));
    expect(said('archives-parse: FAIL')).toBeGreaterThan(-1);
    expect(said('archives-parse: FAIL')).toBeLessThan(said('act    to after'));
  });
});

function gate(acts: readonly Act[], checks: readonly Check[] = []): Gate {
  return { name: 'made for a test', acts, checks };
}

function act(fact: FactName, of: Partial<Act> = {}): Act {
  return {
    fact,
    title: `to ${fact}`,
    needs: [],
    requires: () => [],
    after: () => null,
    touches: null,
    answeredBy: [],
    perform: async () => fact,
    ...of,
  };
}

function check(id: Check['id'], needs: readonly FactName[]): Check {
  return {
    id,
    proves: 'something',
    needs,
    run: () => ({ status: 'pass', expected: '', observed: '', reason: '' }),
  };
}

function fails(text: string): () => Promise<never> {
  return async () => {
    throw new Error(text);
  };
}
