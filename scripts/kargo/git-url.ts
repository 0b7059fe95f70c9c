/** A git URL in the one form in which Kargo compares them: lower case, without user, trailing slash and `.git`. */
export function normalizeGitUrl(url: string): string {
  const lower = url.trim().toLowerCase();
  if (!/^(https?|ssh):\/\//.test(lower)) return normalizeScp(url, lower);
  if (!URL.canParse(lower)) return url;
  const parsed = new URL(lower);
  if (parsed.search !== '') return url;
  const path = parsed.pathname.replace(/\/$/, '').replace(/\.git$/, '');
  const user = parsed.protocol === 'ssh:' && parsed.username !== '' ? `${parsed.username}@` : '';
  return `${parsed.protocol}//${user}${parsed.host}${path}`;
}

function normalizeScp(original: string, lower: string): string {
  const match = /^((?:[\w-]+@)?[\w-]+(?:\.[\w-]+)*)(?::(.*))?$/.exec(lower);
  if (match === null) return original;
  const path = (match[2] ?? '').replace(/\/$/, '').replace(/\.git$/, '');
  return path === '' ? `ssh://${match[1]}` : `ssh://${match[1]}/${path}`;
}
