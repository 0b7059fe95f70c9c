import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  buildGit,
  pullSecrets,
  verifierRights,
  WORKLOAD_NAMESPACES,
} from '../../../scripts/bootstrap/objects.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

describe('the rights that bootstrap gives the verifier', () => {
  it('are a Role with rules and its binding in each workload namespace, before any promotion', async () => {
    const rights = (await verifierRights(ROOT)) as {
      kind: string;
      metadata: { name: string; namespace: string };
      rules?: unknown[];
    }[];
    expect(rights.map(({ kind, metadata }) => `${kind} ${metadata.namespace}`)).toEqual(
      WORKLOAD_NAMESPACES.flatMap((namespace) => [`Role ${namespace}`, `RoleBinding ${namespace}`]),
    );
    for (const { kind, metadata, rules } of rights) {
      expect(metadata.name).toBe('orderbooks-verifier');
      if (kind === 'Role') expect(rules?.length).toBeGreaterThan(0);
    }
  });
});

describe('what the build of an image is given', () => {
  const settings = {
    repoURL: 'https://git.example.com/data/orderbooks.git',
    imageRepository: 'registry.example.com/data/orderbooks',
    browseURL: 'https://git.example.com/data/orderbooks/src/branch',
    project: 'orderbooks-delivery',
    canaryNamespace: 'orderbooks-canary',
    productionNamespace: 'orderbooks',
  };
  const login = { username: 'bot', password: 'marked-password' };
  const named = (objects: readonly object[]) =>
    (objects as { kind: string; metadata: { name: string; namespace: string } }[])
      .filter(({ metadata }) => metadata.namespace === 'orderbooks-build')
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`);

  it('is the login of the registry and a token for git, and no ServiceAccount', () => {
    expect(named(pullSecrets(settings, login))).toEqual(['Secret orderbooks-registry']);
    expect(named(buildGit(login))).toEqual(['Secret orderbooks-git']);
    expect(JSON.stringify(buildGit(login))).toContain(
      Buffer.from('marked-password').toString('base64'),
    );
    expect(buildGit({ sshKey: 'a key' })).toEqual([]);
  });
});
