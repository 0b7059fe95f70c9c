import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A copy of the bundle's manifests to be changed and rendered, in a temporary folder of its own. */
export async function copyManifests(): Promise<{
  readonly root: string;
  remove(): Promise<void>;
}> {
  const root = await mkdtemp(join(tmpdir(), 'orderbooks-manifests-'));
  for (const folder of ['argocd', 'gitops', 'kargo', 'settings']) {
    await cp(join(ROOT, folder), join(root, folder), { recursive: true });
  }
  return { root, remove: () => rm(root, { recursive: true, force: true }) };
}
