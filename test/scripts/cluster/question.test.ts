import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const MODULE = join(import.meta.dirname, '../../../scripts/cluster/question.ts');
/** Reads a process's own standard input, so in a process of its own. */
const ASK = `import { typed } from ${JSON.stringify(MODULE)};
typed('Sure? ', new AbortController().signal).then(
  (line) => console.log('typed', line),
  ({ code, message }) => console.log(code, message),
);`;

test.each([
  ['  yes \n', 'typed yes'],
  ['', 'INTERRUPTED no answer to the question, so nothing was done'],
])('%j typed is %j', (input, expected) => {
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', ASK], {
    input,
    encoding: 'utf8',
  });
  expect({ stdout: stdout.trim(), status }).toEqual({ stdout: expected, status: 0 });
});
