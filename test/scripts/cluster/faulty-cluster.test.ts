import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeAnswer, fakeKubectl, HOSTILE } from '../deploy/fake-kubectl.ts';
import { runMain } from './command.ts';
import { type FakePrograms, fakePrograms } from './fake-programs.ts';
import { REASONS } from './reasons.ts';

// Every command that reaches a cluster through kubectl, against one that answers with nothing but errors. deploy:local, deploy-canary and
// image have the same rows in their own tests, because they render or need a repository; observe in faulty-api-server.test.ts,
// gate in test/runtime/gates/kubernetes/; test/scripts/status/ breaks each question of status alone.

const FREIGHT = 'c0ffee'.padEnd(40, '0');
const NEW_TICKET = [
  ...['new', '--apply', '--freight', FREIGHT, '--operator', 'alice'],
  ...['--justification', "the recorder's frames are lost"],
];
const COMMANDS: readonly (readonly [
  title: string,
  main: string,
  words: readonly string[],
  code: 1 | 2,
])[] = [
  ['platform install', 'platform', ['install'], 1],
  ['platform install --dry-run', 'platform', ['install', '--dry-run'], 1],
  ['platform status', 'platform', ['status'], 2],
  ['platform uninstall', 'platform', ['uninstall', '--yes'], 1],
  ['bootstrap', 'bootstrap', [], 1],
  ['cleanup:local', 'cleanup', ['--force'], 1],
  ['predeploy', 'predeploy', ['--skip', 'types,manifests,calendar,image,server dry run,drift'], 2],
  ['status', 'status', [], 2],
  ['break-glass new', 'break-glass', NEW_TICKET, 2],
  ['break-glass show', 'break-glass', ['show'], 2],
  ['break-glass revoke', 'break-glass', ['revoke', '--apply'], 2],
  ['break-glass audit', 'break-glass', ['audit', '--cluster'], 2],
  ['rollback', 'rollback', ['--cluster'], 2],
  ['preview', 'preview', ['--cluster', '--stage', 'full', '--freight', FREIGHT], 2],
];
/** What changes something; kubectl patch prints no JSON, so half of it is no error and stands in no row. */
const WRITES = /^(apply|create|patch|delete|replace)\b(?!.*--dry-run=server)/;

let folder: string;
let programs: FakePrograms;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faulty-cluster-'));
  programs = await fakePrograms();
});
afterAll(async () => {
  await programs.remove();
  await rm(folder, { recursive: true, force: true });
});

/** A kubectl that answers so, before a helm that knows no release. */
async function cluster(answers: readonly (readonly [string, FakeAnswer])[]) {
  const { environment, calls } = await fakeKubectl(folder, answers);
  const PATH = `${environment['PATH']?.split(delimiter)[0]}${delimiter}${programs.environment['PATH']}`;
  return { environment: { ...programs.environment, PATH }, calls };
}

describe.each(COMMANDS)('%s', (_title, main, words, wanted) => {
  it.each(HOSTILE)('says %s clearly and changes nothing', async (_name, code, answer) => {
    const { environment, calls } = await cluster([['*', answer]]);
    const { code: exit, out, error } = await runMain(main, words, environment);
    const said = `${out}${error}`;
    expect(exit, said).toBe(wanted);
    expect(said).toMatch(REASONS[code] ?? code);
    expect(said).not.toMatch(/\n\s+at |undefined|\[object/);
    expect((await calls()).filter((call) => WRITES.test(call))).toEqual([]);
    // Steps that were not started are named, each on a line of its own.
    if (wanted === 1 && main !== 'cleanup') expect(out).toMatch(/^not started {2}/m);
  });
});

describe.each([
  ['platform status', 'platform', ['status'], 2],
  ['predeploy', 'predeploy', ['--skip', 'types,manifests,calendar,image,server dry run,drift'], 2],
] as const)('%s after a first answer that was good', (_title, main, words, wanted) => {
  it.each(HOSTILE.filter(([name]) => name === '403' || name === 'half a response'))(
    'says %s of every later one',
    async (_name, code, { error, out }) => {
      const later = error === undefined ? { next: out ?? '' } : { nextError: error };
      const { environment } = await cluster([['*', { out: '{"items":[]}', ...later }]]);
      const { code: exit, out: told, error: aside } = await runMain(main, words, environment);
      expect(exit, `${told}${aside}`).toBe(wanted);
      expect(told).toMatch(REASONS[code] ?? code);
      expect(`${told}${aside}`).not.toMatch(/\n\s+at |undefined|\[object/);
    },
  );
});

const UNKNOWN_AFTER: ReadonlySet<string> = new Set(['TIME_OUT', 'BROKEN_ANSWER', 'SERVER_ERROR']);
const FORM = JSON.stringify({ metadata: { resourceVersion: '7' }, data: { id: '-' } });

describe('when the first change was made and the second is refused', () => {
  it.each(HOSTILE)(
    '%s: bootstrap names what is done, what failed and what is left',
    async (_name, code, answer) => {
      const nextError = answer.error ?? 'Patch "https://x": unexpected EOF';
      const { environment } = await cluster([
        ['get -f *', { out: '' }],
        ['apply *', { echo: true, nextError }],
      ]);
      const { code: exit, out, error } = await runMain('bootstrap', [], environment);
      expect(exit, `${out}${error}`).toBe(1);
      expect(out).toMatch(/^changed {6}namespaces: /m);
      expect(out).toMatch(new RegExp(`^failed {7}verifier's rights: ${code}: `, 'm'));
      expect(out).toMatch(/^not started {2}rclone: /m);
      expect(out.includes('is not known')).toBe(UNKNOWN_AFTER.has(code));
      expect(error).toContain('run again to continue');
    },
  );

  it('bootstrap on a cluster without the tools says what to install first', async () => {
    const { environment } = await cluster([
      ['get -f *', { out: '' }],
      [
        'apply *',
        { echo: true, nextError: 'Error from server (NotFound): namespaces "argocd" not found' },
      ],
    ]);
    const words = ['--git-username', 'bot', '--git-password', 'env:GIT_PASSWORD'];
    const secret = { ...environment, GIT_PASSWORD: 'a password' };
    const { code, out } = await runMain('bootstrap', words, secret);
    expect(code).toBe(1);
    expect(out).toMatch(/PLATFORM_MISSING: .*npm run platform -- install/);
  });

  it.each(HOSTILE)(
    '%s: break-glass says whether the ticket may be filed',
    async (_name, code, answer) => {
      const refusal = { code: 1, error: answer.error ?? 'Patch "https://x": unexpected EOF' };
      const { environment } = await cluster([
        ['get configmap *', { out: FORM }],
        ['patch *', refusal],
      ]);
      const { code: exit, out, error } = await runMain('break-glass', NEW_TICKET, environment);
      expect(exit, `${out}${error}`).toBe(2);
      expect(error).toMatch(new RegExp(`^break-glass: ${code}: `));
      expect(error.includes('is not known')).toBe(UNKNOWN_AFTER.has(code));
      expect(out).not.toContain('filed;');
    },
  );
});
