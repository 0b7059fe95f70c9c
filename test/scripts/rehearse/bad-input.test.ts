import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Progress } from '../../../scripts/rehearse/progress.ts';
import { rehearse } from '../../../scripts/rehearse/run.ts';
import { type WorkingCopy, workingCopy } from './working-copy.ts';

const LIMIT_MS = 120_000;

let copy: WorkingCopy;
let temporary: string;
let told: string[];
const before = process.env['TMPDIR'];

beforeEach(async () => {
  copy = await workingCopy();
  temporary = mkdtempSync(join(tmpdir(), 'orderbooks-bad-input-'));
  process.env['TMPDIR'] = temporary;
  told = [];
});

afterEach(() => {
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  expect(readdirSync(temporary)).toEqual([]);
  rmSync(temporary, { recursive: true, force: true });
  copy.remove();
});

describe('what cannot be rehearsed is said before anything runs', () => {
  it(
    'an overlay that does not render, with the file',
    async () => {
      copy.edit('gitops/overlays/full/kustomization.yaml', '- ../../base', '- ../../bass');
      await expect(run()).rejects.toThrow(/gitops\/overlays\/full.*bass/s);
    },
    LIMIT_MS,
  );

  it(
    'an expression with an error, with file, line and what is wrong',
    async () => {
      copy.edit(
        'kargo/promotiontask-render.yaml',
        'quote(commitFrom(vars.repoURL).ID)',
        'quote(commitFrom(vars.repoURL).ID',
      );
      await expect(run()).rejects.toThrow(/kargo\/promotiontask-render\.yaml:\d+:\d+/);
    },
    LIMIT_MS,
  );

  it(
    'a Stage without steps, with file and line',
    async () => {
      const file = join(copy.folder, 'kargo/stage-full.yaml');
      const text = readFileSync(file, 'utf8');
      const steps = / {6}steps:\n(?: {6,}.*\n)+/.exec(text)?.[0] ?? '';
      expect(steps).toContain('task:');
      copy.edit('kargo/stage-full.yaml', steps, '      steps: []\n');
      await expect(run()).rejects.toThrow(/kargo\/stage-full\.yaml:\d+:\d+/);
    },
    LIMIT_MS,
  );

  it(
    'an unknown promotion step, by its name',
    async () => {
      copy.edit('kargo/promotiontask-publish.yaml', 'uses: git-push', 'uses: git-pusch');
      await expect(run()).rejects.toThrow(/kargo\/promotiontask-publish\.yaml:\d+:\d+.*git-pusch/s);
    },
    LIMIT_MS,
  );

  it('a folder that is no git checkout', async () => {
    rmSync(join(copy.folder, '.git'), { recursive: true });
    await expect(run()).rejects.toMatchObject({ code: 'NOT_A_CHECKOUT' });
  });
});

it(
  'rehearses what is on disk and says how many files are not committed',
  async () => {
    copy.edit('gitops/overlays/full/config.yaml', 'marketLimit: 0', 'marketLimit: 3');
    copy.edit('settings/settings.env', 'imageRepository=', 'imageRepository=elsewhere.');
    const stop = new AbortController();
    const stopped = run(stop.signal, (text) => {
      if (text.includes('pushed version 1')) stop.abort(new Error('seen enough'));
    });
    await expect(stopped).rejects.toThrow();
    expect(told.join('\n')).toMatch(/2 uncommitted files/);
  },
  LIMIT_MS,
);

function run(
  signal = new AbortController().signal,
  onTold: (text: string) => void = () => undefined,
) {
  const tell = (text: string) => {
    told.push(text);
    onTold(text);
  };
  const progress: Progress = { act: tell, note: tell, current: tell, end: () => undefined };
  return rehearse({ workingTree: copy.folder, fault: null, until: 'full', progress, signal });
}

it(
  'a full temporary folder, in words that say which and what to do',
  async () => {
    // Whatever fills up first: here it is the forge, and the words are git's.
    const stop = new AbortController();
    const full = run(stop.signal, (text) => {
      if (text.startsWith('git push')) throw new Error('write error: No space left on device');
    });
    await expect(full).rejects.toMatchObject({ code: 'DISK_FULL' });
    await expect(full).rejects.toThrow(/set TMPDIR/);
  },
  LIMIT_MS,
);
