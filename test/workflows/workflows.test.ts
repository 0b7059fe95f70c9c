import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDERS = ['.github/workflows', '.forgejo/workflows'];
const FILES = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}`),
);

/** An action of this repository: a forge without internet cannot fetch another's. */
const KEEP = './.forgejo/actions/keep';

const permissions = z.record(z.string(), z.enum(['read', 'write']));
const step = z.strictObject({
  name: z.string(),
  uses: z.string().optional(),
  run: z.string().optional(),
  if: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
  env: z.record(z.string(), z.string()).optional(),
  shell: z.literal('bash').optional(),
  'timeout-minutes': z.int().positive().optional(),
});
const trigger = z.strictObject({
  branches: z.array(z.string()).optional(),
  paths: z.array(z.string()).min(1),
});
const workflow = z.strictObject({
  name: z.string(),
  on: z.strictObject({ push: trigger, pull_request: trigger }),
  permissions,
  concurrency: z.strictObject({ group: z.string(), 'cancel-in-progress': z.string() }),
  jobs: z.record(
    z.string(),
    z.strictObject({
      'runs-on': z.string(),
      container: z.strictObject({ image: z.string() }).optional(),
      'timeout-minutes': z.int().positive(),
      permissions: permissions.optional(),
      steps: z.array(step).min(2),
    }),
  ),
});

describe.each(FILES)('%s', (file) => {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const { on, jobs, permissions: rights } = workflow.parse(parse(text));
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  it('pins every action by a whole commit, and says which release that is', () => {
    for (const line of text.split('\n').filter((one) => /^\s*uses:/.test(one))) {
      if (file.startsWith('.forgejo')) expect(line).toContain(`uses: ${KEEP}`);
      else expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+/);
    }
  });

  it('may read the code and nothing else; only the image is written, by its own job', () => {
    expect(rights).toEqual({ contents: 'read' });
    for (const [name, job] of Object.entries(jobs)) {
      const wanted = name === 'image' ? { contents: 'read', packages: 'write' } : undefined;
      expect(job.permissions).toEqual(wanted);
    }
    for (const { uses, with: given } of steps) {
      if (uses?.includes('/checkout@')) expect(given?.['persist-credentials']).toBe(false);
    }
  });

  it('runs only for files that matter to it, itself among them, alike for pushes and requests', () => {
    expect(on.push.paths).toContain(file);
    expect(on.pull_request.paths).toEqual(on.push.paths);
  });

  it('keeps what explains a failure, also when it is cancelled', () => {
    const last = steps.at(-1);
    expect(last?.uses).toContain(file.startsWith('.forgejo') ? KEEP : '/upload-artifact@');
    expect(last?.if).toBe('${{ failure() || cancelled() }}');
  });

  it('puts nothing that strangers can choose into a shell', () => {
    for (const { run } of steps) expect(run ?? '').not.toContain('${{');
  });

  it('calls npm scripts that exist', () => {
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));
    for (const { run } of steps) {
      for (const [, name = ''] of (run ?? '').matchAll(/npm run (?:--silent )?([\w:-]+)/g)) {
        expect(Object.keys(scripts)).toContain(name);
      }
    }
  });
});

it('Forgejo keeps files without an action of another forge, and that it could not is no reason', () => {
  const text = readFileSync(join(ROOT, KEEP, 'action.yaml'), 'utf8');
  expect(text).not.toMatch(/^\s*-? ?uses:/m);
  expect(text).toMatch(/run: node scripts\/forge\/keep-artifact\.ts .* \|\| echo "::warning/);
});

it('kubectl comes from a Debian that has one with kustomize 5 in it: bookworm has 1.20', () => {
  for (const file of FILES) {
    const text = readFileSync(join(ROOT, file), 'utf8');
    if (/apt-get install .*kubernetes-client/.test(text)) {
      expect(text).toMatch(/image: docker\.io\/library\/node:[\d.]+-trixie/);
    }
  }
});

it('GitHub and Forgejo have the same workflows', () => {
  const [github = [], forgejo = []] = FOLDERS.map((folder) => readdirSync(join(ROOT, folder)));
  expect(github).toEqual([
    'cluster.yaml',
    'image.yaml',
    'rehearsal.yaml',
    'tests.yaml',
    'validate.yaml',
  ]);
  expect(forgejo).toEqual(github);
});
