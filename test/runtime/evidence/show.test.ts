import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  compareCommand,
  type EvidenceSource,
  htmlCommand,
  showCommand,
} from '../../../runtime/evidence/command.ts';
import { compareEvidence } from '../../../runtime/evidence/comparison.ts';
import { evidencePage } from '../../../runtime/evidence/page.ts';
import { evidenceText } from '../../../runtime/evidence/text.ts';
import { startProgram } from '../recorder/recorder-process.ts';
import { check, refused } from './documents.ts';

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'orderbooks-evidence-'));
  file = join(folder, 'evidence.json');
  writeFileSync(file, JSON.stringify(refused(), null, 2));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const project = 'orderbooks-delivery';
const input = (text: string) => ({ standardInput: async () => text });

describe('evidence show', () => {
  it('begins with verdict and reason, and tells refusals before what passed', () => {
    const text = evidenceText(refused());
    expect(text.split('\n').slice(0, 2)).toEqual([
      'FAIL  ws-smoke  stage canary',
      '  archives-parse: broken',
    ]);
    expect(text.indexOf('fail           archives-parse')).toBeLessThan(
      text.indexOf('pass           recorder-receives'),
    );
    expect(text).toContain('docs/checks/archives-parse.md');
    expect(text).toContain('failed         inspect  1 min 05 s');
    expect(text).toContain('overridden: observation');
    expect(text).toContain(`intact: sha256 ${refused().sha256}`);
  });

  it('lets no log steer the terminal', () => {
    expect(evidenceText(refused())).toContain('| \ufffd[2Jtwo');
  });

  it('reads a file or standard input, and prints the document again as JSON', async () => {
    const printed: string[] = [];
    const print = (text: string) => printed.push(text);
    expect(await showCommand({ file, project }, print)).toBe(0);
    await showCommand({ file: '-', project, json: true }, print, input(readFileSync(file, 'utf8')));
    expect(printed[0]).toBe(evidenceText(refused()));
    expect(JSON.parse(printed[1] ?? '')).toEqual(refused());
  });

  it.each<[string, Partial<EvidenceSource>]>([
    ['nothing', {}],
    ['two sources', { file: 'x', stage: 'canary' }],
    ['a file that is not there', { file: '/nowhere/evidence.json' }],
    ['a run that is no name', { run: '../secrets/x' }],
  ])('calls %s wrong usage', async (_what, source) => {
    await expect(showCommand({ project, ...source }, () => {})).rejects.toMatchObject({
      code: 'USAGE',
    });
  });

  it('is a command of the image: 0 for what is intact, 1 for what is not', async () => {
    const forged = join(folder, 'forged.json');
    writeFileSync(
      forged,
      readFileSync(file, 'utf8').replace('"verdict": "FAIL"', '"verdict": "PASS"'),
    );
    const runs = await Promise.all(
      [
        ['show', file],
        ['show', forged],
      ].map(async (args) => {
        const program = startProgram(['evidence', ...args]);
        const { code } = await program.exit;
        return { code, stdout: program.stdout(), stderr: program.stderr() };
      }),
    );
    expect(runs.map(({ code }) => code)).toEqual([0, 1]);
    expect(runs[0]?.stdout).toContain('FAIL  ws-smoke');
    expect(runs[1]?.stderr).toContain('EVIDENCE_TAMPERED');
    expect(runs[1]?.stdout).toBe('');
  });
});

describe('evidence compare', () => {
  it('finds nothing that weighs between a run and its repetition', () => {
    const again = refused({
      run: 'evidence-run-canary-20261121t110000z-89abcdef',
      started_at: '2026-11-21T11:00:00.000Z',
      duration_ms: 1,
    });
    expect(compareEvidence(refused(), again).filter((one) => one.weighs)).toEqual([]);
  });

  it('names every check whose outcome differs, and what only one of them judged', () => {
    const other = refused({
      verdict: 'PASS',
      checks: [check('archives-parse', 'pass'), check('data-advances', 'pass')],
    });
    const found = compareEvidence(refused(), other).filter((one) => one.weighs);
    expect(found.map(({ what }) => what)).toEqual([
      'verdict',
      'check recorder-receives',
      'check archives-parse',
      'check data-advances',
    ]);
  });

  it('finds a closed archive that changed, another subject and another policy', () => {
    const { archives, subject } = refused();
    const other = refused({
      archives: archives.map((archive) => ({ ...archive, sha256: 'b'.repeat(64) })),
      subject: { ...subject, image_digest: `sha256:${'9'.repeat(64)}` },
      policy: { restart: 'observe', deadline: 1 },
    });
    const found = compareEvidence(refused(), other).filter((one) => one.weighs);
    expect(found.map(({ what }) => what)).toEqual([
      'subject image_digest',
      'policy restart',
      'archive raw/a.jsonl.gz',
    ]);
  });

  it('ends with 0 for no difference, 1 for one, 2 when a document cannot be believed', async () => {
    const other = join(folder, 'other.json');
    const broken = join(folder, 'broken.json');
    writeFileSync(other, JSON.stringify(refused({ verdict: 'ERROR' })));
    writeFileSync(broken, '{');
    const codes = [];
    for (const second of [file, other, broken]) {
      codes.push(await compareCommand(file, second, {}, () => {}));
    }
    expect(codes).toEqual([0, 1, 2]);
    await expect(compareCommand('-', '-', {}, () => {})).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('evidence html', () => {
  it('is one file that loads and runs nothing, and shows quoted logs as text', () => {
    const page = evidencePage(refused());
    expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|https?:/);
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page).toContain('<h2>Log of pod &lt;b&gt;x&lt;/b&gt;</h2>');
    expect(page).toContain("default-src 'none'");
  });

  it('holds all that the text holds', () => {
    const document = refused();
    const page = evidencePage(document);
    const texts = [
      document.reason,
      document.run,
      document.sha256,
      document.subject.image_digest,
      ...document.checks.flatMap((one) => [one.id, one.expected, one.observed, one.reason]),
      ...document.archives.flatMap((one) => [one.path, one.sha256]),
      ...document.acts.map((one) => one.error ?? ''),
    ];
    for (const text of texts) expect(page).toContain(text);
  });

  it('is written as a whole, and nothing is left when it cannot be', async () => {
    const output = join(folder, 'page.html');
    expect(await htmlCommand({ file, project, output })).toBe(0);
    expect(readFileSync(output, 'utf8')).toBe(evidencePage(refused()));
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
    const nowhere = join(folder, 'none', 'page.html');
    await expect(htmlCommand({ file, project, output: nowhere })).rejects.toMatchObject({
      code: 'USAGE',
    });
  });
});
