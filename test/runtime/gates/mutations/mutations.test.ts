import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mutationsOf } from './candidates.ts';
import { KNOWN_SURVIVORS } from './known-survivors.ts';
import { SUBJECTS } from './subjects.ts';
import { ROOT, tryMutation } from './try.ts';

/** A worker loads every gate; a busy machine takes a while for it. */
const TRY_TIMEOUT_MS = 120_000;
const FILE = 'runtime/gates/checks/payload-hashes.ts';
const SOURCE = readFileSync(join(ROOT, FILE), 'utf8');

describe('mutations of what the gates judge by', () => {
  it('change code, one place at a time, and no text', () => {
    const source = [
      "// a === b and problems.push('x')",
      "const text = 'a === b' + `${a} > ${b}` + /a && b/.source;",
      "if (a !== b && c > 1) problems.push('a || b');",
      'const generic: Map<string, number> = new Map<string, number>();',
    ].join('\n');
    expect(mutationsOf('x.ts', source).map(({ line, after }) => [line, after])).toEqual([
      [3, "if (a !== b && c > 1) void Array.of('a || b');"],
      [3, "if (a === b && c > 1) problems.push('a || b');"],
      [3, "if (a !== b && c <= 1) problems.push('a || b');"],
      [3, "if (a !== b || c > 1) problems.push('a || b');"],
    ]);
  });

  it(
    'are noticed by a whole or a broken world',
    async () => {
      const [first] = mutationsOf(FILE, SOURCE);
      const change = { file: FILE, source: first?.source ?? '' };
      expect(await tryMutation(change, ['worlds'])).toMatchObject({ noticed: 'red' });
    },
    TRY_TIMEOUT_MS,
  );

  it(
    'are noticed by tests, which then say which one was red',
    async () => {
      const file = 'runtime/gates/outcome.ts';
      const source = readFileSync(join(ROOT, file), 'utf8').replace("'pass'", "'fail'");
      const judges = [['test/runtime/gates/identity.test.ts']];
      expect(await tryMutation({ file, source }, judges)).toMatchObject({
        noticed: 'red',
        by: expect.stringContaining('identity.test.ts'),
      });
    },
    TRY_TIMEOUT_MS,
  );

  it('are of every file with a part in a verdict, each with a judge that is there', () => {
    const files = SUBJECTS.map(({ file }) => file);
    for (const part of ['checks/cycle-passes', 'run', 'acts/observe-recorder']) {
      expect(files).toContain(`runtime/gates/${part}.ts`);
    }
    expect(files).toContain('runtime/inspector/inspect.ts');
    const tests = SUBJECTS.flatMap(({ judges }) => judges.flat());
    for (const path of new Set(tests.filter((one) => one !== 'worlds'))) {
      expect(existsSync(join(ROOT, path)) || existsSync(join(ROOT, `${path}.ts`)), path).toBe(true);
    }
  });

  it('that cannot decide anything still are where their reasons stand', () => {
    for (const key of Object.keys(KNOWN_SURVIVORS)) {
      const [file = '', ...line] = key.split(': ');
      const source = readFileSync(join(ROOT, file), 'utf8');
      expect(
        mutationsOf(file, source).some(({ after }) => after === line.join(': ')),
        key,
      ).toBe(true);
    }
  });
});
