import { ClusterError } from '../cluster/failure.ts';
import type { RepositoryName } from './forge.ts';
import { GITHUB_API } from './github.ts';

/** Where a repository is, as the options of `bootstrap` and `repoURL` of the settings say. */
export interface PlaceFlags {
  readonly forge: 'github' | 'forgejo';
  readonly forgeUrl?: string;
  readonly forgeInsecure?: boolean;
  readonly repository?: string;
}

/**
 * Address of the forge without a slash at the end, and the repository. Messages never repeat what was given: addresses that people copy
 * hold passwords at times.
 *
 * @throws ClusterError USAGE
 */
export function forgePlace(
  flags: PlaceFlags,
  repoURL: string,
): { readonly base: string; readonly repository: RepositoryName } {
  const repository = repositoryOf(flags.repository ?? new URL(repoURL).pathname);
  const usual = flags.forge === 'github' ? GITHUB_API : new URL(repoURL).origin;
  const base = flags.forgeUrl === undefined ? usual : addressOf(flags.forgeUrl);
  const { protocol, hostname } = new URL(base);
  if (protocol === 'http:' && !LOOPBACK.test(hostname) && flags.forgeInsecure !== true) {
    throw usage(
      `${base} has no TLS: token and secrets could be read on the way. Give an https address, or --forge-insecure where that is known and wanted`,
    );
  }
  return { base, repository };
}

/** Nobody listens in between. */
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

function addressOf(text: string): string {
  const address = URL.parse(text);
  if (address === null || !/^https?:$/.test(address.protocol)) {
    throw usage('--forge-url: expected an address such as https://git.example.com');
  }
  if (address.username !== '' || address.password !== '' || /[?#]/.test(text)) {
    throw usage(
      "--forge-url: expected an address alone, without user, password or query; the token goes by --forge-token. If it held a password: it now stands in your shell's history; change it",
    );
  }
  return address.href.replace(/\/+$/, '');
}

function repositoryOf(text: string): RepositoryName {
  const [, owner, name] = /^\/?([\w.-]+)\/([\w.-]+?)(?:\.git)?\/?$/.exec(text) ?? [];
  if (owner !== undefined && name !== undefined) return { owner, name };
  throw usage('--repository: expected owner/name, such as data/orderbooks');
}

function usage(message: string): ClusterError {
  return new ClusterError('USAGE', message);
}
