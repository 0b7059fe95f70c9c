import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFreight } from '../../../scripts/kargo/index.ts';
import { knownFreight } from '../../../scripts/preview/cluster.ts';
import { render } from '../../manifests/render.ts';
import { SETTINGS } from '../../settings.ts';
import { type BundleCheckout, bundleCheckout } from './bundle-checkout.ts';

const MAIN = fileURLToPath(new URL('../../../scripts/preview/main.ts', import.meta.url));
const DIGEST = `sha256:${'d1'.repeat(32)}`;

let checkout: BundleCheckout;
let folder: string;
beforeAll(() => {
  checkout = bundleCheckout();
  folder = mkdtempSync(join(tmpdir(), 'orderbooks-preview-cluster-'));
}, 60_000);
afterAll(() => {
  checkout.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** A kubectl that answers `get` from files, writes down what it is asked, and renders with the real one. */
function cluster(project: readonly unknown[], argocd: readonly unknown[]): () => readonly string[] {
  const real = execFileSync('sh', ['-c', 'command -v kubectl'], { encoding: 'utf8' }).trim();
  writeFileSync(join(folder, 'project.json'), JSON.stringify({ items: project }));
  writeFileSync(join(folder, 'argocd.json'), JSON.stringify({ items: argocd }));
  const asked = join(folder, 'asked');
  writeFileSync(
    join(folder, 'kubectl'),
    `#!/bin/sh\ncase "$*" in kustomize*|version*) exec '${real}' "$@";; esac\nprintf '%s\\n' "$*" >> '${asked}'\ncase "$*" in *applications*) cat '${folder}/argocd.json';; *) cat '${folder}/project.json';; esac\n`,
  );
  chmodSync(join(folder, 'kubectl'), 0o755);
  return () => readFileSync(asked, 'utf8').trim().split('\n');
}

describe('a preview of a cluster', { timeout: 120_000 }, () => {
  it('takes Freight, metadata, ConfigMaps and Stages from there, with two requests that read', () => {
    const freight = makeFreight({
      origin: 'orderbooks',
      images: [{ repoURL: SETTINGS.imageRepository, tag: checkout.commit, digest: DIGEST }],
      commits: [
        {
          repoURL: SETTINGS.repoURL,
          id: checkout.commit,
          branch: 'main',
        },
      ],
    });
    const object = {
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'Freight',
      metadata: { name: freight.name, creationTimestamp: '2026-11-01T00:00:00Z' },
      alias: 'wise-otter',
      origin: freight.origin,
      images: freight.images,
      commits: freight.commits,
      status: {
        verifiedIn: { canary: { verifiedAt: '2026-11-02T00:00:00Z' } },
        metadata: { 'ranIn-full': { promotion: 'full.1', at: '2026-11-03T00:00:00Z' } },
      },
    };
    const asked = cluster([...render('kargo'), object], render('argocd'));
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [
        MAIN,
        '--root',
        checkout.root,
        '--cluster',
        '--freight',
        'wise-otter',
        '--at',
        '2026-11-21T15:00:00Z',
        '--format',
        'json',
      ],
      {
        encoding: 'utf8',
        env: { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH']}` },
      },
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({
      verdict: 'PROMOTES',
      source: 'cluster',
      freight: { name: freight.name, alias: 'wise-otter' },
    });
    expect(result.gates[1].reason).toBe('the Freight ran in this Stage before');
    expect(
      asked().map((words) => words.split(' ').filter((word) => !word.startsWith('--'))[0]),
    ).toEqual(['get', 'get']);
    expect(asked().join(' ')).not.toContain('secret');
  });

  it('does not admit what Kargo would not: a Freight that the canary has not verified', () => {
    const { record } = knownFreight({
      metadata: { name: 'a'.repeat(40) },
      origin: { kind: 'Warehouse', name: 'orderbooks' },
    });
    expect(record.status.verifiedIn).toEqual({});
    const object = {
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'Freight',
      metadata: { name: 'a'.repeat(40) },
      origin: { kind: 'Warehouse', name: 'orderbooks' },
      images: [{ repoURL: SETTINGS.imageRepository, digest: DIGEST }],
      commits: [{ repoURL: SETTINGS.repoURL, id: checkout.commit }],
    };
    cluster([...render('kargo'), object], render('argocd'));
    const { status, stdout } = spawnSync(
      process.execPath,
      [MAIN, '--root', checkout.root, '--cluster', '--freight', 'aaaaaaaa'],
      {
        encoding: 'utf8',
        env: { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH']}` },
      },
    );
    expect(status).toBe(1);
    expect(stdout).toMatch(/^NOT ADMITTED: .*Freight is not available to this Stage/);
  });

  it('says what is wrong with an answer that is no Freight', () => {
    expect(() => knownFreight({ metadata: {} })).toThrow(/a Freight is not as Kargo makes them/);
  });
});
