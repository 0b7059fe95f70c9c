import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { verifierRights, WORKLOAD_NAMESPACES } from '../../../scripts/bootstrap/objects.ts';

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
