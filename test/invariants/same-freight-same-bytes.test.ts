import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { git } from '../../scripts/git.ts';
import { MemoryWorld, makeFreight, ProjectState, promoteToEnd } from '../../scripts/kargo/index.ts';
import { argocdUpdate } from '../../scripts/kargo/steps/argocd-update.ts';
import { stepRunners } from '../../scripts/kargo/steps/index.ts';
import { findKustomize } from '../../scripts/kustomize/program.ts';
import { gitEnvironment, openBundle, pushVersion } from '../../scripts/rehearse/bundle.ts';
import { renderManifests } from '../../scripts/rehearse/manifests.ts';

/** Invariant 9 of the design: the same commit renders to the same bytes. */

const ROOT = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');
const DIGEST = `sha256:${'5'.repeat(64)}`;
const LIMIT_MS = 120_000;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orderbooks-same-bytes-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

it(
  'a Freight promoted to canary in two places, at two times, leaves the same tree',
  async () => {
    const first = await promoteOnce('first', DIGEST, '2026-03-01T10:00:00Z');
    const second = await promoteOnce('second', DIGEST, '2026-09-01T23:59:59Z');
    expect(first.tree).toMatch(/^[0-9a-f]{40}$/);
    expect(second.source).toBe(first.source);
    expect(second.tree).toBe(first.tree);
    expect(second.files).toContain('orderbooks-canary-deployment-orderbooks-ws-recorder.yaml');
  },
  LIMIT_MS,
);

it(
  'another image leaves another tree',
  async () => {
    const first = await promoteOnce('first', DIGEST, '2026-03-01T10:00:00Z');
    const second = await promoteOnce('second', `sha256:${'6'.repeat(64)}`, '2026-03-01T10:00:00Z');
    expect(second.tree).not.toBe(first.tree);
  },
  LIMIT_MS,
);

/** Carries the bundle's own canary promotion out, without Argo CD, and says what the rendered branch holds. */
async function promoteOnce(name: string, digest: string, at: string) {
  const place = join(folder, name);
  await mkdir(place);
  const bundle = await openBundle(ROOT, place);
  const pushed = await pushVersion(bundle, 1, { workingTree: ROOT, folder: place, fault: null });
  const signal = new AbortController().signal;
  const manifests = await renderManifests(ROOT, await findKustomize(), { home: place, signal });
  const environment = gitEnvironment(bundle, manifests.repoURL);
  const state = new ProjectState(manifests.project);
  const freight = makeFreight({
    origin: 'orderbooks',
    images: [{ repoURL: manifests.imageRepository, tag: pushed.commit, digest }],
    commits: [{ repoURL: manifests.repoURL, id: pushed.commit, branch: 'main' }],
  });
  state.addFreight(freight);
  const promotion = state.admit(
    { stage: 'canary', freight: freight.name },
    { username: null, mayCreate: true, mayPromote: true },
  );
  if (!promotion.allowed) throw new Error(promotion.message);
  const workDir = join(place, 'work');
  await mkdir(workDir);
  const synced = { ...argocdUpdate, run: async () => ({ status: 'Succeeded' as const }) };
  const result = await promoteToEnd(
    { promotion, project: manifests.project, freight },
    {
      world: new MemoryWorld({
        now: () => new Date(at),
        project: manifests.project.name,
        freight: [freight.name],
        stages: ['canary', 'full'],
        gitEnvironment: environment,
      }),
      workDir,
      pollIntervalMs: 10,
      signal,
      steps: new Map([...stepRunners, ['argocd-update', synced]]),
    },
  );
  expect(result.message).toBe('');
  expect(result.phase).toBe('Succeeded');
  const forge = {
    folder: bundle.repository,
    home: place,
    ceiling: place,
    environment,
    now: new Date(0),
  };
  return {
    source: pushed.commit,
    tree: await git(forge, 'rev-parse', 'stage/canary^{tree}'),
    files: (await git(forge, 'ls-tree', '-r', '--name-only', 'stage/canary')).split('\n'),
  };
}
