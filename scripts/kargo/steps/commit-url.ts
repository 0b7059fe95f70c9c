import { normalizeGitUrl } from '../git-url.ts';

/** Address of a commit's page at a provider that Kargo knows by the host's name, or null. */
export function commitUrl(repoUrl: string, commit: string, provider?: string): string | null {
  const parsed = URL.parse(normalizeGitUrl(repoUrl));
  if (parsed === null) return null;
  const { host, pathname } = parsed;
  switch (provider ?? providerOf(host)) {
    case 'github':
    case 'gitea':
      return `https://${host}${pathname}/commit/${commit}`;
    case 'gitlab':
      return `https://${host}${pathname}/-/commit/${commit}`;
    case 'bitbucket':
      return `https://${host}${pathname}/commits/${commit}`;
    case 'azure':
      return `https://dev.azure.com${pathname.replace(/^\/v3/, '')}/commit/${commit}`;
    default:
      return null;
  }
}

function providerOf(host: string): string | null {
  if (host.includes('github') || host.endsWith('.ghe.com')) return 'github';
  if (host.includes('gitlab')) return 'gitlab';
  if (host.includes('gitea')) return 'gitea';
  if (host === 'bitbucket.org') return 'bitbucket';
  return host === 'dev.azure.com' || host.endsWith('.visualstudio.com') ? 'azure' : null;
}
