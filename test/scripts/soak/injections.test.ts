import { describe, expect, it } from 'vitest';
import type { FaultName } from '../../../runtime/simulator/fault-catalogue.ts';
import { Injections } from '../../../scripts/soak/injections.ts';
import { parseMetrics } from '../../../scripts/soak/recorder.ts';

const OK = 'checkpoints_total{result="ok"}';

/** The course of one fault from 1,000 to 2,000 ms; `looks` are what the recorder says at each time. */
function course(fault: FaultName, looks: readonly (readonly [number, Record<string, number>])[]) {
  const injections = new Injections();
  const injection = { number: 1, fault, parameters: {}, at: 1_000, connections: [1] };
  let [began, ended] = [false, false];
  for (const [at, values] of looks) {
    if (!began && at > 1_000) injections.listener.began(injection);
    began ||= at > 1_000;
    if (!ended && at > 2_000) injections.listener.ended(injection, 2_000);
    ended ||= at > 2_000;
    injections.look(new Map(Object.entries({ connections_open: 1, ...values })), at);
  }
  const [summary] = injections.summaries();
  return { ...summary, unrecovered: injections.unrecovered };
}

describe('the course of a fault', () => {
  it('is detected when a counter rises and recovered when frames flow on an open connection again', () => {
    expect(
      course('stall', [
        [900, { stalls_total: 4, data_frames_total: 10 }],
        [1_500, { stalls_total: 4, data_frames_total: 10 }],
        [1_700, { stalls_total: 5, data_frames_total: 10 }],
        [2_200, { stalls_total: 5, data_frames_total: 10, connections_open: 0 }],
        [2_400, { stalls_total: 5, data_frames_total: 10 }],
        [2_600, { stalls_total: 5, data_frames_total: 11 }],
      ]),
    ).toMatchObject({
      detected: 1,
      detectedBy: ['stalls_total'],
      detection: { median: 700, maximum: 700 },
      recovery: { median: 600, maximum: 600 },
      unrecovered: [],
    });
  });

  it('is not over while a fault that must show has not shown', () => {
    expect(
      course('stall', [
        [900, { stalls_total: 4, data_frames_total: 10 }],
        [2_200, { stalls_total: 4, data_frames_total: 11 }],
        [2_400, { stalls_total: 4, data_frames_total: 12 }],
      ]),
    ).toMatchObject({ detected: 0, recovered: 0, unrecovered: ['stall'] });
  });

  it('of requests needs a checkpoint that succeeds', () => {
    const looks = [
      [900, { discovery_failures_total: 0, [OK]: 3 }],
      [1_600, { discovery_failures_total: 1, [OK]: 3 }],
      [2_300, { discovery_failures_total: 1, [OK]: 3 }],
    ] as const;
    expect(course('rest-500', looks)).toMatchObject({ detected: 1, recovered: 0 });
    expect(course('rest-500', [...looks, [2_500, { [OK]: 4 }]])).toMatchObject({
      recovered: 1,
      recovery: { median: 500 },
    });
  });
});

describe('a fault that needs an open connection', () => {
  it('did not happen when there was none', () => {
    const injections = new Injections();
    const injection = { number: 1, parameters: {}, at: 1_000, connections: [] };
    injections.listener.began({ ...injection, fault: 'binary-frame' });
    expect(injections.count).toBe(0);
    injections.listener.began({ ...injection, fault: 'refuse' });
    expect(injections.count).toBe(1);
  });
});

describe('a fault that must show', () => {
  /** Looks from the injection on, of which the last shows the fault, and then as many as recovery takes. */
  const shownAt = (look: number, apartMs: number) =>
    course(
      'refuse',
      Array.from({ length: look + 3 }, (_, n) => {
        const values = { refusals_total: n >= look ? 1 : 0, data_frames_total: n };
        return [900 + n * apartMs, values] as const;
      }),
    );

  it('has shown however long it took, where the recorder itself answered late', () => {
    expect(shownAt(140, 5_000)).toMatchObject({ detected: 1, recovered: 1, unrecovered: [] });
  });

  it('has been recovered from at last when it never showed: it counts as not shown', () => {
    expect(shownAt(1_000, 200)).toMatchObject({ injected: 1, detected: 1, recovered: 1 });
    const looks = Array.from(
      { length: 400 },
      (_, n) => [900 + n * 200, { refusals_total: 0, data_frames_total: n }] as const,
    );
    expect(course('refuse', looks)).toMatchObject({ injected: 1, detected: 0, recovered: 1 });
  });

  it('shows nothing any more once the next fault is due', () => {
    const injections = new Injections();
    const injection = {
      number: 1,
      fault: 'load',
      parameters: {},
      at: 0,
      connections: [1],
    } as const;
    injections.listener.began(injection);
    injections.close(1);
    injections.look(new Map([['disconnects_total', 1]]), 100);
    expect(injections.summaries()).toMatchObject([{ fault: 'load', detected: 0 }]);
  });
});

describe('metrics', () => {
  it('are read by name and labels', () => {
    const metrics = parseMetrics(
      '# HELP x y\norderbooks_recorder_frames_total 12\norderbooks_recorder_checkpoints_total{result="ok"} 3\n',
    );
    expect([...metrics]).toEqual([
      ['frames_total', 12],
      [OK, 3],
    ]);
  });
});
