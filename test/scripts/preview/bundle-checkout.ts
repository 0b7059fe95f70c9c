import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** A checkout of the bundle's manifests with a remote of its own, to be changed at will. */
export interface BundleCheckout {
  readonly root: string;
  readonly remote: string;
  readonly commit: string;
  git(...words: readonly string[]): string;
  remove(): void;
}

export function bundleCheckout(): BundleCheckout {
  const folder = mkdtempSync(join(tmpdir(), 'orderbooks-bundle-checkout-'));
  const root = join(folder, 'checkout');
  const remote = join(folder, 'remote.git');
  for (const part of ['kargo', 'argocd', 'gitops', 'settings']) {
    cpSync(join(ROOT, part), join(root, part), { recursive: true });
  }
  const run = (cwd: string, ...words: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', ...words], {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  run(folder, 'init', '--quiet', '--bare', '--initial-branch=main', remote);
  run(root, 'init', '--quiet', '--initial-branch=main');
  run(root, 'add', '--all');
  run(root, 'commit', '--quiet', '--message', 'First');
  run(root, 'remote', 'add', 'origin', remote);
  run(root, 'push', '--quiet', 'origin', 'main');
  return {
    root,
    remote,
    commit: run(root, 'rev-parse', 'HEAD'),
    git: (...words) => run(root, ...words),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Every file below some folders with a hash of its bytes. */
export function fingerprint(...folders: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    folders.flatMap((folder) =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry): readonly [string, string] => {
          const path = join(entry.parentPath, entry.name);
          return [path, createHash('sha256').update(readFileSync(path)).digest('hex')];
        }),
    ),
  );
}
