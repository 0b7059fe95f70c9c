import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Whether a pattern of `delete` is well formed: every bracket and brace is closed. */
export function isGlob(pattern: string): boolean {
  return expressionOf(pattern) !== null;
}

/**
 * Paths below a folder, relative to it, that match a pattern: `*` and `?` within a name, `**` over folders, `[a-z]`,
 * `{a,b}`, `\` before a sign that stands for itself. Folders match too; links are not followed.
 */
export async function globMatches(root: string, pattern: string): Promise<string[]> {
  const expression = expressionOf(pattern.replace(/\/$/, ''));
  if (expression === null) return [];
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter((path) => expression.test(path))
    .sort();
}

/** `null` for a pattern that is not well formed. */
function expressionOf(pattern: string): RegExp | null {
  let source = '';
  let braces = 0;
  for (let at = 0; at < pattern.length; at += 1) {
    const sign = pattern[at] ?? '';
    if (sign === '\\') {
      at += 1;
      if (at >= pattern.length) return null;
      source += literally(pattern[at] ?? '');
    } else if (sign === '*' && pattern.startsWith('**', at)) {
      at += 1;
      if (pattern[at + 1] === '/') {
        at += 1;
        source += '(?:.*/)?';
      } else source += '.*';
    } else if (sign === '*') source += '[^/]*';
    else if (sign === '?') source += '[^/]';
    else if (sign === '[') {
      const members = /^\[([!^]?)((?:\\.|[^\]\\])+)\]/s.exec(pattern.slice(at));
      if (members === null) return null;
      source += `(?!/)[${members[1] === '' ? '' : '^'}${members[2]?.replaceAll('[', '\\[')}]`;
      at += members[0].length - 1;
    } else if (sign === '{') {
      braces += 1;
      source += '(?:';
    } else if (sign === '}' && braces > 0) {
      braces -= 1;
      source += ')';
    } else if (sign === ',' && braces > 0) source += '|';
    else source += literally(sign);
  }
  if (braces > 0) return null;
  try {
    return new RegExp(`^(?:${source})$`, 's');
  } catch {
    // A range that runs backwards, such as `[z-a]`.
    return null;
  }
}

function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
