import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { begunCycle } from '../../../runtime/collector/cycle.ts';
import { CycleJournal } from '../../../runtime/collector/cycle-journal.ts';
import { configuration } from '../../../runtime/config/schema.ts';
import { createLogger } from '../../../runtime/observability/logger.ts';
import { faultyDisk } from '../archive/faulty-disk.ts';
import { cyclesOf } from './collector-process.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'orderbooks-journal-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const surroundings = {
  configuration: configuration.parse({}),
  provenance: {
    run_id: 'run',
    git_sha: '',
    image: '',
    config_sha256: '0'.repeat(64),
    pod: '',
  },
};
const begun = (cycle: number) =>
  begunCycle(surroundings, cycle, new Date(Date.UTC(2026, 10, 21, 10, cycle)));
const silent = createLogger('error', {}, { write: () => undefined });

describe('the manifests of cycles', () => {
  it('that a full disk refuses are all written once it takes them again', async () => {
    let full = true;
    const journal = new CycleJournal(root, silent, faultyDisk(() => (full ? 'refuse' : null)).disk);
    await journal.keep(begun(1));
    await journal.keep({ ...begun(1), state: 'completed' });
    await journal.keep(begun(2));
    expect(journal.waiting).toBe(2);
    full = false;
    await journal.keep({ ...begun(2), state: 'expired' });
    expect(journal.waiting).toBe(0);
    expect(cyclesOf(root).map(({ cycle, state }) => [cycle, state])).toEqual([
      [1, 'completed'],
      [2, 'expired'],
    ]);
  });

  it('wait in bounded memory: the oldest are given up', async () => {
    const journal = new CycleJournal(root, silent, faultyDisk(() => 'refuse').disk);
    for (let cycle = 1; cycle <= 1_010; cycle++) await journal.keep(begun(cycle));
    expect(journal.waiting).toBe(1_000);
  });
});
