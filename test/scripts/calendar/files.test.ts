import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  CONFIG_MAP_FILE,
  checkFiles,
  EXCEPTIONS_FILE,
  generate,
  POLICY_FILE,
} from '../../../scripts/calendar/files.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** A checkout that holds nothing but the calendar. */
function checkout(): string {
  const root = mkdtempSync(join(tmpdir(), 'orderbooks-calendar-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'kargo'));
  for (const file of [CONFIG_MAP_FILE, EXCEPTIONS_FILE, POLICY_FILE])
    cpSync(join(ROOT, file), join(root, file));
  return root;
}

function edit(root: string, file: string, change: (text: string) => string): void {
  const path = join(root, file);
  writeFileSync(path, change(readFileSync(path, 'utf8')));
}

describe('the committed calendar', () => {
  it('is what the rules and the exceptions give, byte for byte', async () => {
    expect((await checkFiles(ROOT, '2026-11-21')).problems).toEqual([]);
  });

  it('is written the same each time, on whatever day of the year', async () => {
    const years = { first: 2026, last: 2027 };
    expect(await generate(ROOT, years)).toEqual(await generate(ROOT, years));
  });

  it.each([
    ['2027-11-01', 60, 0, 1],
    ['2027-11-02', 59, 1, 0],
    ['2027-09-02', 120, 0, 0],
    ['2027-09-03', 119, 0, 1],
    ['2028-01-01', -1, 1, 0],
  ])(
    'on %s, with %i days left, has %i problems and %i warnings',
    async (today, daysLeft, problems, warnings) => {
      const found = await checkFiles(checkout(), today);
      expect(found.daysLeft).toBe(daysLeft);
      expect([found.problems.length, found.warnings.length]).toEqual([problems, warnings]);
    },
  );

  it('does not become wrong because a year begins', async () => {
    expect((await checkFiles(checkout(), '2027-01-01')).problems).toEqual([]);
  });

  it.each([CONFIG_MAP_FILE, POLICY_FILE])(
    'is refused when somebody edits %s by hand',
    async (file) => {
      const root = checkout();
      edit(root, file, (text) => text.replace('14:30-21:00', '14:30-20:00'));
      expect((await checkFiles(root, '2026-11-21')).problems).toEqual([
        `${file} is not what the rules and kargo/market-exceptions.yaml give: run npm run calendar`,
      ]);
    },
  );

  it('is refused when an exception was added and nothing written', async () => {
    const root = checkout();
    edit(root, EXCEPTIONS_FILE, (text) =>
      text.replace(
        'freezes: []',
        'freezes: [{from: "2026-12-01", through: "2026-12-02", reason: review of the data}]',
      ),
    );
    expect((await checkFiles(root, '2026-11-21')).problems).toHaveLength(2);
  });

  it('that holds no range cannot be checked, and says what to do', async () => {
    const root = checkout();
    writeFileSync(join(root, CONFIG_MAP_FILE), 'kind: ConfigMap\n');
    await expect(checkFiles(root, '2026-11-21')).rejects.toMatchObject({
      code: 'CALENDAR_UNREADABLE',
    });
    rmSync(join(root, CONFIG_MAP_FILE));
    await expect(checkFiles(root, '2026-11-21')).rejects.toThrow(
      'got no file: run npm run calendar',
    );
  });
});
