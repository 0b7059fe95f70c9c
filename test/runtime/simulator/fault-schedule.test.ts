import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FAULT_NAMES } from '../../../runtime/simulator/fault-catalogue.ts';
import {
  faultSchedule,
  type ScheduledFault,
  seededSchedule,
} from '../../../runtime/simulator/fault-schedule.ts';
import { scenes } from './scene.ts';

const scene = scenes();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orderbooks-schedule-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(text: string): string {
  const path = join(folder, 'schedule.yaml');
  writeFileSync(path, text);
  return path;
}

function first(count: number, schedule: Iterable<ScheduledFault>): ScheduledFault[] {
  const taken: ScheduledFault[] = [];
  for (const entry of schedule) {
    taken.push(entry);
    if (taken.length === count) break;
  }
  return taken;
}

describe('a seeded schedule', () => {
  const rounds = (seed: string) => first(2 * FAULT_NAMES.length, seededSchedule(seed, 1_000));

  it('is the same for the same seed and another for another', () => {
    expect(rounds('a')).toEqual(rounds('a'));
    expect(rounds('a')).not.toEqual(rounds('b'));
  });

  it('has every fault once in each round, with calm between them', () => {
    const names = rounds('a').map(({ fault }) => fault);
    expect(names.slice(0, FAULT_NAMES.length).toSorted()).toEqual(FAULT_NAMES.toSorted());
    expect(names.slice(FAULT_NAMES.length).toSorted()).toEqual(FAULT_NAMES.toSorted());
    let free = 0;
    for (const { at, forMs } of rounds('a')) {
      expect(at).toBeGreaterThanOrEqual(free);
      free = at + (forMs ?? 0) + 1_000;
    }
  });
});

describe('a schedule in a file', () => {
  it('is carried out at its moments, whatever their order in the file', async () => {
    const path = file(
      '- {at: 4s, fault: cut}\n- {at: 1s, fault: stall, for: 2s}\n- {at: 1s, fault: pong-lag, with: {milliseconds: 70}}\n',
    );
    const seen: string[] = [];
    const { clock, simulator } = await scene({
      schedule: path,
      faultListener: {
        began: ({ fault }) => seen.push(`${clockSeconds()} ${fault}`),
        ended: ({ fault }) => seen.push(`${clockSeconds()} end of ${fault}`),
      },
    });
    const start = clock.now();
    const clockSeconds = () => (clock.now() - start) / 1000;
    clock.advance(10_000);
    expect(seen).toEqual(['1 stall', '1 pong-lag', '3 end of stall', '4 cut', '4 end of cut']);
    expect(simulator.faults.pongLag).toBe(70);
  });

  it.each([
    ['- {at: 1s, fault: stal}', 'expected one of stall'],
    ['- {at: soon, fault: stall}', 'at'],
    ['- {at: 1s, fault: stall, for: 1s, with: {x: 1}}', 'x'],
    ['{}', 'array'],
    ['- {at: 1s, fault: stall, until: 3s}', 'until'],
  ])('%s is refused with what is wrong', async (text, word) => {
    await expect(faultSchedule(file(text), 0)).rejects.toThrow(word);
  });

  it('that is not there is refused', async () => {
    await expect(faultSchedule(join(folder, 'none'), 0)).rejects.toMatchObject({
      code: 'SIMULATOR_SCHEDULE_INVALID',
    });
  });
});
