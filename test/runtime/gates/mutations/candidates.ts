/** One change of one source file that makes a gate judge otherwise. */
export interface Mutation {
  /** Path from the root of the repository. */
  readonly file: string;
  readonly line: number;
  readonly what: string;
  /** The line before and after, for people. */
  readonly before: string;
  readonly after: string;
  /** The whole file, changed. */
  readonly source: string;
}

interface Operator {
  readonly what: string;
  readonly find: RegExp;
  with(found: RegExpExecArray): string;
}

/** What a slip of the pen, or somebody in a hurry, makes of a check. */
const OPERATORS: readonly Operator[] = [
  {
    what: 'a problem is not noted',
    find: /\b(?:problems|found)\.push\(/g,
    with: () => 'void Array.of(',
  },
  { what: 'equal and unequal are swapped', find: / (===|!==) /g, with: swapped },
  { what: 'more and less are swapped', find: / (<=|>=|<|>) (?=[\w(-])/g, with: swapped },
  { what: 'and becomes or', find: / && /g, with: () => ' || ' },
  { what: 'or becomes and', find: / \|\| /g, with: () => ' && ' },
  { what: 'some becomes every', find: /\.some\(/g, with: () => '.every(' },
  { what: 'every becomes some', find: /\.every\(/g, with: () => '.some(' },
  { what: 'the outcome is always a pass', find: /\bproblems\.length === 0/g, with: () => 'true' },
];

const SWAP: Readonly<Record<string, string>> = {
  '===': '!==',
  '!==': '===',
  '<': '>=',
  '>': '<=',
  '<=': '>',
  '>=': '<',
};

function swapped(found: RegExpExecArray): string {
  return ` ${SWAP[found[1] ?? ''] ?? ''} `;
}

/** Every mutation of a file, in the order of its lines; text in strings, templates and comments stays as it is. */
export function mutationsOf(file: string, source: string): readonly Mutation[] {
  const code = withoutText(source);
  return OPERATORS.flatMap(({ what, find, with: replacement }) =>
    [...code.matchAll(find)].map((found) => {
      const from = found.index;
      const to = from + found[0].length;
      const changed = source.slice(0, from) + replacement(found) + source.slice(to);
      const line = source.slice(0, from).split('\n').length;
      return {
        file,
        line,
        what,
        before: source.split('\n')[line - 1]?.trim() ?? '',
        after: changed.split('\n')[line - 1]?.trim() ?? '',
        source: changed,
      };
    }),
  ).toSorted((a, b) => a.line - b.line);
}

/** The source with everything that is no code turned into spaces, at the same places. Templates count as text as a whole. */
export function withoutText(source: string): string {
  return source.replace(
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|\$\{[^}]*\}|[^`\\])*`|\/(?:\\.|\[(?:\\.|[^\]\n])*\]|[^/\n\\ *])(?:\\.|\[(?:\\.|[^\]\n])*\]|[^/\n\\])*\/[a-z]*/g,
    (text) => text.replace(/[^\n]/g, ' '),
  );
}
