import { describe, expect, it } from 'vitest';
import type { FaultName } from '../../../runtime/simulator/fault-catalogue.ts';
import { FaultTurns } from '../../../scripts/soak/fault-turns.ts';
import { Injections } from '../../../scripts/soak/injections.ts';

const CALM_MS = 1_000;

/** Faults injected one after the other into a world whose time and counters the test says. */
function world(faults: readonly { readonly fault: FaultName; readonly forMs: number | null }[]) {
  const injections = new Injections();
  const log: string[] = [];
  const on = new Map<FaultName, number>();
  const state = { now: 0, open: [1] as readonly number[] };
  let number = 0;
  const turns = new FaultTurns(
    faults.map((one) => ({ ...one, at: 0, parameters: {} })),
    {
      inject(name) {
        const fault = name as FaultName;
        const connections = state.open;
        const injection = { number: ++number, fault, parameters: {}, at: state.now, connections };
        injections.listener.began(injection);
        const isState = faults.find((one) => one.fault === fault)?.forMs !== null;
        if (isState) on.set(fault, number);
        else injections.listener.ended(injection, state.now);
        log.push(`${state.now} ${fault}`);
        return injection;
      },
      end(fault) {
        const ended = fault === undefined ? undefined : on.get(fault);
        if (fault === undefined || ended === undefined) return;
        on.delete(fault);
        const injection = { number: ended, fault, parameters: {}, at: 0, connections: [] };
        injections.listener.ended(injection, state.now);
        log.push(`${state.now} end of ${fault}`);
      },
    },
    injections,
    CALM_MS,
  );
  /** One look, `later` than the one before. */
  const look = (later: number, values: Record<string, number>) => {
    state.now += later;
    injections.look(new Map(Object.entries({ connections_open: 1, ...values })), state.now);
    turns.step(state.now);
  };
  return { turns, injections, log, state, look };
}

describe('faults one after the other', () => {
  it('wait for a connection, and each for the recovery from the one before', () => {
    const { turns, log, look } = world([
      { fault: 'reset', forMs: null },
      { fault: 'tick-change', forMs: null },
    ]);
    look(200, { connections_open: 0 });
    expect(log).toEqual([]);
    look(200, {});
    expect(log).toEqual(['400 reset']);
    look(60_000, { connections_open: 0, disconnects_total: 1 });
    look(60_000, { disconnects_total: 1 });
    look(60_000, { disconnects_total: 1 });
    expect(log).toHaveLength(1);
    look(100, { disconnects_total: 1, data_frames_total: 1 });
    look(900, { disconnects_total: 1, data_frames_total: 2 });
    expect(log).toHaveLength(1);
    look(100, { disconnects_total: 1, data_frames_total: 3 });
    expect(log.slice(1)).toEqual(['181500 tick-change']);
    expect(turns.isDone).toBe(false);
  });

  it('stay on until they have shown, if they must', () => {
    const { turns, log, look, injections } = world([{ fault: 'rest-500', forMs: 3_000 }]);
    look(100, {});
    for (let time = 0; time < 10; time++) look(5_000, {});
    expect(log).toEqual(['100 rest-500']);
    look(100, { discovery_failures_total: 1 });
    expect(log).toEqual(['100 rest-500', '50200 end of rest-500']);
    const ok = 'checkpoints_total{result="ok"}';
    for (let count = 0; count < 4; count++) {
      look(100, { discovery_failures_total: 1, [ok]: count });
    }
    expect(turns.isDone).toBe(true);
    expect(injections.summaries()).toMatchObject([{ detected: 1, recovered: 1 }]);
  });

  it('end when patience is over, and are then reported', () => {
    const { turns, log, look, injections } = world([{ fault: 'stall', forMs: 3_000 }]);
    for (let count = 0; count < 400 && !turns.isDone; count++) {
      look(200, { data_frames_total: count });
    }
    expect(log).toEqual(['200 stall', expect.stringContaining('end of stall')]);
    expect(turns.isDone).toBe(true);
    expect(injections.summaries()).toMatchObject([{ injected: 1, detected: 0 }]);
  });

  it('that need a connection are tried again while the service has none open', () => {
    const { log, look, state, injections } = world([{ fault: 'cut', forMs: null }]);
    state.open = [];
    look(100, {});
    look(100, {});
    expect(injections.count).toBe(0);
    state.open = [7];
    look(100, {});
    expect(injections.count).toBe(1);
    expect(log).toEqual(['100 cut', '200 cut', '300 cut']);
  });

  it('that are on when no further one may begin run their course', () => {
    const { turns, log, look } = world([
      { fault: 'pong-lag', forMs: 3_000 },
      { fault: 'reset', forMs: null },
    ]);
    look(100, {});
    turns.stop();
    expect(turns.isDone).toBe(false);
    for (let count = 0; count < 4; count++) look(1_500, { data_frames_total: count });
    look(1_500, { data_frames_total: 9 });
    look(1_500, { data_frames_total: 10 });
    expect(log).toEqual(['100 pong-lag', '3100 end of pong-lag']);
    expect(turns.isDone).toBe(true);
  });
});
