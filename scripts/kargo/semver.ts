/** A semantic version, read as leniently as Masterminds' library does: `v1.2` is 1.2.0, and `01` is 1. */
export interface SemanticVersion {
  readonly major: bigint;
  readonly minor: bigint;
  readonly patch: bigint;
  readonly prerelease: string;
  readonly metadata: string;
  /** As written. */
  readonly original: string;
}

const PATTERN =
  /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*))?(?:\+([\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*))?$/;
const LARGEST = 2n ** 64n - 1n;

export function parseVersion(text: string): SemanticVersion | undefined {
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const [major, minor, patch] = [match[1], match[2], match[3]].map((part) => BigInt(part ?? '0'));
  if (major === undefined || minor === undefined || patch === undefined) return undefined;
  if (major > LARGEST || minor > LARGEST || patch > LARGEST) return undefined;
  const prerelease = match[4] ?? '';
  // Numeric parts of a pre-release may not have leading zeros.
  if (prerelease.split('.').some((part) => /^0\d+$/.test(part))) return undefined;
  return { major, minor, patch, prerelease, metadata: match[5] ?? '', original: text };
}

export function formatVersion(version: SemanticVersion): string {
  const { major, minor, patch, prerelease, metadata } = version;
  return [
    `${major}.${minor}.${patch}`,
    prerelease === '' ? '' : `-${prerelease}`,
    metadata === '' ? '' : `+${metadata}`,
  ].join('');
}

/** Which part differs first: Major, Minor, Patch, Metadata, None; pre-release parts do not count (recorded). */
export function versionDifference(left: string, right: string): string {
  const a = parseVersion(left);
  const b = parseVersion(right);
  if (a === undefined || b === undefined) return 'Incomparable';
  if (a.major !== b.major) return 'Major';
  if (a.minor !== b.minor) return 'Minor';
  if (a.patch !== b.patch) return 'Patch';
  return a.metadata === b.metadata ? 'None' : 'Metadata';
}

/** The next version of a part; the parts below it start again. A pre-release's next patch is its own release. */
export function incremented(
  version: SemanticVersion,
  part: 'major' | 'minor' | 'patch',
): SemanticVersion {
  const { major, minor, patch, prerelease } = version;
  const next =
    part === 'major'
      ? { major: major + 1n, minor: 0n, patch: 0n }
      : part === 'minor'
        ? { major, minor: minor + 1n, patch: 0n }
        : { major, minor, patch: prerelease === '' ? patch + 1n : patch };
  const prefix = version.original.startsWith('v') ? 'v' : '';
  const bare = { ...next, prerelease: '', metadata: '' };
  return { ...bare, original: prefix + formatVersion({ ...bare, original: '' }) };
}
