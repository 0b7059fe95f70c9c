import { z } from 'zod';
import { type Forge, ForgeApi, type ForgeOptions, repositoryCalls } from './forge.ts';

const RIGHTS =
  'the account must administer the repository, and the token needs the scopes write:repository and, to make the repository, read:user and write:organization (for a person write:user)';
const secrets = z.array(z.object({ name: z.string() }));
const variable = z.object({ data: z.string() });

/** Forgejo's REST API (`/api/swagger` of an instance). Secrets travel inside TLS; the forge encrypts them itself. */
export function forgejo(options: ForgeOptions): Forge {
  const { owner, name } = options.repository;
  const api = new ForgeApi({
    base: `${options.base}/api/v1`,
    headers: { authorization: `token ${options.token}`, accept: 'application/json' },
    rights: RIGHTS,
    signal: options.signal,
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
  });
  const repo = `/repos/${owner}/${name}`;
  return {
    ...repositoryCalls(api, options.repository),
    secretNames: async () =>
      ((await api.call('GET', `${repo}/actions/secrets?limit=50`, secrets)) ?? []).map(
        (one) => one.name,
      ),
    setSecret: async (secret, value) => {
      await api.call('PUT', `${repo}/actions/secrets/${secret}`, z.unknown(), {
        body: { data: value },
      });
    },
    variable: async (one) =>
      (await api.call('GET', `${repo}/actions/variables/${one}`, variable, { also: [404] }))
        ?.data ?? null,
    setVariable: async (one, value, isNew) => {
      await api.call(isNew ? 'POST' : 'PUT', `${repo}/actions/variables/${one}`, z.unknown(), {
        body: { value },
      });
    },
  };
}
