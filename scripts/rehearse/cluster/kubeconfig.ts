import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { parseServiceAccountUser, type Tokens } from './identities.ts';

/** Only its owner may read a file with a token. */
const PRIVATE = 0o600;

/**
 * Writes a kubeconfig for a user into `folder` and returns its path. The same user gets the same file. It is for
 * @kubernetes/client-node: kubectl does not send tokens over plain HTTP and would be anonymous.
 */
export async function writeKubeconfig(
  folder: string,
  address: string,
  tokens: Tokens,
  user: string,
): Promise<string> {
  const namespace = parseServiceAccountUser(user)?.[0] ?? 'default';
  const file = join(folder, `${user.replaceAll(/[^\w.-]/g, '_')}.yaml`);
  await mkdir(folder, { recursive: true });
  await writeFile(
    file,
    stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'rehearsal',
      clusters: [
        // The client refuses plain HTTP without this; loopback needs no TLS.
        { name: 'rehearsal', cluster: { server: address, 'insecure-skip-tls-verify': true } },
      ],
      users: [{ name: user, user: { token: tokens.tokenOf(user) } }],
      contexts: [{ name: 'rehearsal', context: { cluster: 'rehearsal', user, namespace } }],
    }),
    { mode: PRIVATE },
  );
  await chmod(file, PRIVATE);
  return file;
}
