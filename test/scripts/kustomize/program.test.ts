import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { describeProgram, findKustomize } from '../../../scripts/kustomize/program.ts';

/** A folder with programs that print a text. */
function programs(texts: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'orderbooks-program-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(texts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\nprintf '%s\\n' '${text}'\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

const KUBECTL = '{"clientVersion": {}, "kustomizeVersion": "v5.5.0"}';

test('takes kustomize before kubectl', async () => {
  const path = programs({ kustomize: 'v5.7.1', kubectl: KUBECTL });
  const program = { name: 'kustomize', path: `${path}/kustomize`, version: '5.7.1' } as const;
  expect(await findKustomize({ PATH: path })).toEqual(program);
  expect(describeProgram(program)).toBe(`kustomize 5.7.1 (${path}/kustomize)`);
});

test('takes kubectl where kustomize is missing or too old', async () => {
  const expected = { name: 'kubectl kustomize', version: '5.5.0' };
  const path = programs({ kubectl: KUBECTL });
  expect(await findKustomize({ PATH: path })).toMatchObject(expected);
  const old = '{Version:kustomize/v4.5.7 GitCommit:abc BuildDate:x GoOs:linux GoArch:amd64}';
  const both = programs({ kustomize: old, kubectl: KUBECTL });
  expect(await findKustomize({ PATH: both })).toMatchObject(expected);
});

test('takes the program that ORDERBOOKS_KUSTOMIZE names, and no other', async () => {
  const path = programs({ kustomize: 'v5.7.1', 'kubectl-1.30': KUBECTL });
  expect(
    await findKustomize({ PATH: path, ORDERBOOKS_KUSTOMIZE: join(path, 'kubectl-1.30') }),
  ).toMatchObject({ name: 'kubectl kustomize' });
  await expect(findKustomize({ PATH: path, ORDERBOOKS_KUSTOMIZE: '/none' })).rejects.toMatchObject({
    code: 'KUSTOMIZE_MISSING',
    message: expect.stringContaining('/none does not exist'),
  });
});

test('says what is missing and how to install it', async () => {
  await expect(findKustomize({ PATH: programs({}) })).rejects.toMatchObject({
    code: 'KUSTOMIZE_MISSING',
    message: expect.stringMatching(/neither kustomize nor kubectl.*Install kubectl/s),
  });
});

test.each([
  ['"v1.25.4"}, "kustomizeVersion": "v4.5.7"', 'kubectl 1.25.4 and has kustomize 4.5.7'],
  // As Debian 12 has it.
  ['"v1.20.5-rc.0.18+2f7d"}', 'kubectl 1.20.5-rc.0.18+2f7d and tells no version of kustomize'],
])('says which kubectl is too old, and which would do: %s', async (version, seen) => {
  const path = programs({ kubectl: `{"clientVersion": {"gitVersion": ${version}}` });
  await expect(findKustomize({ PATH: path })).rejects.toMatchObject({
    code: 'KUSTOMIZE_TOO_OLD',
    message: expect.stringMatching(
      new RegExp(`/kubectl is ${seen.replace('+', '.')}.* kubectl 1\\.27 or newer.*tasks/tools`),
    ),
  });
});

test('looks again after a program was installed', async () => {
  const path = programs({});
  await expect(findKustomize({ PATH: path })).rejects.toThrow();
  writeFileSync(join(path, 'kustomize'), '#!/bin/sh\necho v5.0.0\n');
  chmodSync(join(path, 'kustomize'), 0o755);
  expect((await findKustomize({ PATH: path })).version).toBe('5.0.0');
});
