/**
 * Rules in the form of `.gitignore`, relative to the folder that is copied (go-git's matcher, which Kargo uses): the last
 * rule that matches decides, `!` takes a path back in, a rule without a slash inside matches at any depth.
 */
export type Ignores = (path: string, isFolder: boolean) => boolean;

/** A `.git` folder is never copied, whatever the rules. */
export function ignoresOf(rules: string): Ignores {
  const patterns = ['.git', ...rules.split('\n')]
    .map((line) => line.replace(/\r$/, ''))
    .filter((line) => !line.startsWith('#') && line.trim() !== '')
    .map(patternOf);
  return (path, isFolder) => {
    const parts = path.split('/');
    for (const pattern of patterns.toReversed()) {
      if (matches(pattern, parts, isFolder)) return !pattern.included;
    }
    return false;
  };
}

interface Pattern {
  readonly included: boolean;
  readonly foldersOnly: boolean;
  /** Whether it is matched from the copied folder on, and not at any depth. */
  readonly anchored: boolean;
  readonly expression: RegExp;
}

function patternOf(line: string): Pattern {
  let text = line;
  const included = text.startsWith('!');
  if (included) text = text.slice(1);
  const foldersOnly = text.endsWith('/');
  if (foldersOnly) text = text.slice(0, -1);
  const anchored = text.includes('/');
  return {
    included,
    foldersOnly,
    anchored,
    expression: new RegExp(`^${expressionOf(text.replace(/^\//, ''))}$`, 's'),
  };
}

/** A rule that matches a folder above a path holds for the path too. */
function matches(pattern: Pattern, parts: readonly string[], isFolder: boolean): boolean {
  return parts.some((part, index) => {
    const last = index === parts.length - 1;
    if (pattern.foldersOnly && last && !isFolder) return false;
    const candidate = pattern.anchored ? parts.slice(0, index + 1).join('/') : part;
    return pattern.expression.test(candidate);
  });
}

function expressionOf(glob: string): string {
  return glob
    .replaceAll(/[\\^$.+()|{}]/g, '\\$&')
    .replaceAll(/\*\*\/|\/\*\*|\*\*|\*|\?/g, (sign) => {
      if (sign === '**/') return '(?:.*/)?';
      if (sign === '/**') return '(?:/.*)?';
      if (sign === '**') return '.*';
      return sign === '*' ? '[^/]*' : '[^/]';
    });
}
