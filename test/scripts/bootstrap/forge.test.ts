import { afterEach, describe, expect, it } from 'vitest';
import { forgejo } from '../../../scripts/bootstrap/forgejo.ts';
import { github } from '../../../scripts/bootstrap/github.ts';
import { type FakeForge, type ForgeFault, startForge } from './fake-forge.ts';

const KEY = Buffer.alloc(32, 9).toString('base64');
const TOKEN = 'marked-token-0001';
const repository = { owner: 'data', name: 'orderbooks' };
const { signal } = new AbortController();

let forge: FakeForge | undefined;
afterEach(() => forge?.close());

const CASES: readonly (readonly [ForgeFault, string])[] = [
  [307, 'FORGE_MOVED'],
  [401, 'FORGE_UNAUTHORIZED'],
  [403, 'FORGE_FORBIDDEN'],
  [409, 'FORGE_CONFLICT'],
  [422, 'FORGE_REFUSED'],
  [429, 'FORGE_TOO_MANY_REQUESTS'],
  [500, 'FORGE_FAILED'],
  ['silence', 'FORGE_TIME_OUT'],
  ['half', 'FORGE_UNREACHABLE'],
];

describe.each([
  ['GitHub', github],
  ['Forgejo', forgejo],
])('%s', (_name, make) => {
  it('gets a repository, secrets and variables, and tells what is there', async () => {
    forge = await startForge(KEY);
    const api = make({ base: forge.base, token: TOKEN, repository, signal });
    expect(await api.hasRepository()).toBe(false);
    await api.createRepository();
    expect(await api.hasRepository()).toBe(true);
    await api.setSecret('KUBECONFIG_B64', 'marked-secret-0002');
    expect(await api.secretNames()).toEqual(['KUBECONFIG_B64']);
    expect(await api.variable('REGISTRY_HOST')).toBeNull();
    await api.setVariable('REGISTRY_HOST', 'registry.example.com', true);
    expect(await api.variable('REGISTRY_HOST')).toBe('registry.example.com');
    await api.setVariable('REGISTRY_HOST', 'other.example.com', false);
    expect(await api.variable('REGISTRY_HOST')).toBe('other.example.com');
  });

  it('that says that the repository is archived or runs no workflows is an error and not ready', async () => {
    const says: Readonly<Record<string, object>> = {
      REPOSITORY_ARCHIVED: { archived: true },
      ACTIONS_OFF: { archived: false, has_actions: false },
    };
    for (const [code, answer] of Object.entries(says)) {
      forge = await startForge(KEY, () => answer);
      const api = make({ base: forge.base, token: TOKEN, repository, signal });
      await expect(api.hasRepository()).rejects.toMatchObject({ code });
      await forge.close();
    }
  });

  it('makes a repository for the person whose token it is, however the name is written', async () => {
    forge = await startForge(KEY, (line) => (line === 'GET /user' ? { login: 'DATA' } : null));
    const api = make({ base: forge.base, token: TOKEN, repository, signal });
    await api.createRepository();
    expect(forge.requests.map(({ line }) => line)).toContain('POST /user/repos');
  });

  it.each(CASES)('that answers %s is %s, without the token or the secret', async (fault, code) => {
    forge = await startForge(KEY, (line) => (line.startsWith('PUT') ? fault : null));
    const timeoutMs = fault === 'silence' ? 300 : 30_000;
    const api = make({ base: forge.base, token: TOKEN, repository, signal, timeoutMs });
    const error = await api.setSecret('NAME', 'marked-secret-0002').catch((one: unknown) => one);
    expect(error).toMatchObject({ code });
    expect(JSON.stringify(error) + String(error)).not.toMatch(/marked/);
  });
});
