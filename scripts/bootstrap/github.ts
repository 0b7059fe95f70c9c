import { z } from 'zod';
import { ClusterError } from '../cluster/failure.ts';
import { type Forge, ForgeApi, type ForgeOptions, repositoryCalls } from './forge.ts';
import { seal } from './sealed-box.ts';

export const GITHUB_API = 'https://api.github.com';

const RIGHTS =
  'a fine-grained token needs Secrets and Variables with write, Metadata with read and, to make the repository, Administration with write; a classic one the scope repo';
const publicKey = z.object({ key_id: z.string(), key: z.string() });
const secrets = z.object({ secrets: z.array(z.object({ name: z.string() })) });
const variable = z.object({ value: z.string() });

/** GitHub's REST API (docs.github.com/rest, version 2022-11-28). */
export function github(options: ForgeOptions): Forge {
  const { owner, name } = options.repository;
  const api = new ForgeApi({
    base: options.base,
    headers: {
      authorization: `Bearer ${options.token}`,
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
    },
    rights: RIGHTS,
    signal: options.signal,
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
  });
  const repo = `/repos/${owner}/${name}`;
  return {
    ...repositoryCalls(api, options.repository),
    secretNames: async () => {
      const found = await api.call('GET', `${repo}/actions/secrets?per_page=100`, secrets);
      return (found?.secrets ?? []).map((one) => one.name);
    },
    setSecret: async (secret, value) => {
      const key = await api.call('GET', `${repo}/actions/secrets/public-key`, publicKey);
      if (key === null) throw new ClusterError('FORGE_BROKEN_ANSWER', 'no public key');
      await api.call('PUT', `${repo}/actions/secrets/${secret}`, z.unknown(), {
        body: { encrypted_value: seal(value, key.key), key_id: key.key_id },
      });
    },
    variable: async (one) =>
      (await api.call('GET', `${repo}/actions/variables/${one}`, variable, { also: [404] }))
        ?.value ?? null,
    setVariable: async (one, value, isNew) => {
      const body = { name: one, value };
      await (isNew
        ? api.call('POST', `${repo}/actions/variables`, z.unknown(), { body })
        : api.call('PATCH', `${repo}/actions/variables/${one}`, z.unknown(), { body }));
    },
  };
}
