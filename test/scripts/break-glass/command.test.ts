import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditOf } from '../../../scripts/break-glass/audit.ts';
import { EMPTY_TICKET } from '../../../scripts/break-glass/ticket.ts';
import { NEW_FREIGHT_STATUS } from '../../../scripts/kargo/project.ts';
import { stageCommits } from '../../../scripts/preview/history.ts';
import { readingPlace } from '../../../scripts/preview/scratch.ts';
import { freightOf } from '../../kargo/bundle.ts';
import { bundleCheckout } from '../preview/bundle-checkout.ts';

const MAIN = fileURLToPath(new URL('../../../scripts/break-glass/main.ts', import.meta.url));
const FREIGHT = 'c0ffee'.padEnd(40, '0');
const GOOD = [
  'new',
  '--freight',
  FREIGHT,
  '--operator',
  'alice',
  '--justification',
  "the recorder's frames are lost",
];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orderbooks-break-glass-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A kubectl that writes down what it is asked and answers with one ticket and no Freight. */
function cluster(data: Readonly<Record<string, string>>): () => readonly string[] {
  const asked = join(folder, 'asked');
  const form = JSON.stringify({ metadata: { name: 'break-glass', resourceVersion: '7' }, data });
  writeFileSync(join(folder, 'form.json'), form);
  writeFileSync(
    join(folder, 'kubectl'),
    `#!/bin/sh\nprintf '%s\\n' "$*" >> '${asked}'\ncase "$*" in *freights*) echo '{"items":[]}';; *patch*) ;; *) cat '${folder}/form.json';; esac\n`,
  );
  chmodSync(join(folder, 'kubectl'), 0o755);
  return () => readFileSync(asked, 'utf8').trim().split('\n');
}

function run(...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...words], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH']}` },
  });
  return { status, stdout, stderr };
}

describe('break-glass new', { timeout: 60_000 }, () => {
  it('prints a command that a shell reads as one ticket, and does nothing itself', () => {
    const { status, stdout } = run(...GOOD);
    expect(status).toBe(0);
    expect(stdout).toContain('The gates would take this ticket.');
    const command = stdout.split('\n').find((line) => line.startsWith('kubectl ')) ?? '';
    const asked = cluster({});
    spawnSync('sh', ['-c', command], {
      env: { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH']}` },
    });
    const [words = ''] = asked();
    const patch = JSON.parse(words.slice(words.indexOf('--patch=') + '--patch='.length));
    expect(patch.data).toMatchObject({
      stage: 'full',
      freight: FREIGHT,
      operator: 'alice',
      approver: '-',
      justification: "the recorder's frames are lost",
    });
  });

  it('files it on the version that it saw, and not over another one', () => {
    const asked = cluster(EMPTY_TICKET);
    expect(run(...GOOD, '--apply')).toMatchObject({ status: 0 });
    expect(asked().at(-1)).toContain('"metadata":{"resourceVersion":"7"}');
    cluster({ ...EMPTY_TICKET, id: 'INC-1', operator: 'bob' });
    const refused = run(...GOOD, '--apply');
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('found ticket INC-1 of bob');
  });

  it('explains each field that the gates would refuse', () => {
    const { status, stdout } = run(
      ...GOOD.slice(0, -1),
      'short',
      '--hours',
      '5',
      '--approver',
      'alice',
    );
    expect(status).toBe(1);
    expect(stdout).toMatch(/approver .*<- .*approved by its own operator/);
    expect(stdout).toMatch(/justification .*<- .*at least 20 characters/);
    expect(stdout).toMatch(/expiresAt .*<- .*lasts longer than 4 hours/);
  });

  it('takes no alias for a Freight', () => {
    const { status, stderr } = run(...GOOD.with(2, 'wise-otter'));
    expect([status, stderr]).toEqual([2, expect.stringContaining('40 hexadecimal digits')]);
  });
});

it('break-glass show explains the ticket that is filed, and revoke empties the form', () => {
  const asked = cluster({ ...EMPTY_TICKET, id: 'INC-1', stage: 'full', operator: 'bob' });
  const shown = run('show', '--actor', 'alice');
  expect(shown.status).toBe(1);
  expect(shown.stdout).toContain('ticket INC-1 is for another operator');
  expect(run('revoke', '--apply').stdout).toBe('took back ticket INC-1 of bob\n');
  expect(asked().at(-1)).toContain(JSON.stringify(EMPTY_TICKET));
}, 60_000);

describe('break-glass audit', () => {
  const freight = freightOf();
  const use = {
    promotion: 'full.1',
    stage: 'full',
    operator: 'alice',
    approver: 'bob',
    justification: 'the recorder loses frames right now',
    at: '2026-11-20T15:00:00Z',
    for: 'US equities trade',
  };
  const record = { freight, status: NEW_FREIGHT_STATUS, discoveredAt: 0 };
  const known = (metadata: Readonly<Record<string, unknown>>) => [{ record, metadata }];

  it('tells each use once, from the Freight and the commit, and doubts what stands in one alone or differs', async () => {
    const checkout = bundleCheckout();
    try {
      checkout.git('checkout', '--quiet', '--orphan', 'stage/full');
      const commit = (promotion: string, operator: string, id: string) =>
        checkout.git(
          'commit',
          '--quiet',
          '--allow-empty',
          '--message',
          `full\n\nFreight: ${freight.name}\nPromotion: ${promotion}\nBreak-Glass-Id: ${id}\nBreak-Glass-Operator: ${operator}\nBreak-Glass-Justification: the recorder loses frames right now`,
        );
      commit('full.1', 'alice', 'INC-1');
      commit('full.2', 'mallory', 'INC-2');
      commit('full.3', 'alice', 'INC-3');
      const commits = await stageCommits(readingPlace(checkout.root));
      const records = auditOf(
        commits,
        known({
          'breakGlass-full-INC-1': use,
          'breakGlass-full-INC-2': { ...use, promotion: 'full.2' },
          'breakGlass-full-INC-4': { ...use, promotion: 'full.4' },
          'breakGlass-full-INC-5': 'rubbish',
          'ranIn-full': {},
        }),
      );
      const doubts = Object.fromEntries(records.map((entry) => [entry.id, entry.doubts]));
      expect(doubts).toEqual({
        'INC-1': [],
        'INC-2': ['the commit names operator mallory'],
        'INC-3': [expect.stringContaining('no Freight has a record of it')],
        'INC-4': [],
        'breakGlass-full-INC-5': [expect.stringContaining('not as the gates write it')],
      });
      expect(records.find(({ id }) => id === 'INC-1')).toMatchObject({
        approver: 'bob',
        opened: 'US equities trade',
        commit: commits.find(({ promotion }) => promotion === 'full.1')?.commit,
      });
      const alone = auditOf(commits, null);
      expect(alone.map(({ id, onFreight, doubts: none }) => [id, onFreight, none.length])).toEqual(
        expect.arrayContaining([
          ['INC-1', null, 0],
          ['INC-2', null, 0],
          ['INC-3', null, 0],
        ]),
      );
    } finally {
      checkout.remove();
    }
  }, 60_000);
});
