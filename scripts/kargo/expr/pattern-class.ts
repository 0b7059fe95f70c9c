/** Sets of characters as regular expressions name them. A character is given by its code point. */
export type CharacterSet = (point: number) => boolean;

const CATEGORIES = new Set(
  'C Cc Cf Cn Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs'.split(
    ' ',
  ),
);
const CATEGORY_NAMES =
  'Cased_Letter Close_Punctuation Combining_Mark Connector_Punctuation Control Currency_Symbol Dash_Punctuation ' +
  'Decimal_Number Enclosing_Mark Final_Punctuation Format Initial_Punctuation Letter Letter_Number Line_Separator ' +
  'Lowercase_Letter Mark Math_Symbol Modifier_Letter Modifier_Symbol Nonspacing_Mark Number Open_Punctuation Other ' +
  'Other_Letter Other_Number Other_Punctuation Other_Symbol Paragraph_Separator Private_Use Punctuation Separator ' +
  'Space_Separator Spacing_Mark Surrogate Symbol Titlecase_Letter Unassigned Uppercase_Letter cntrl digit punct';
const BY_CANONICAL_NAME = new Map(CATEGORY_NAMES.split(' ').map((name) => [canonical(name), name]));
/** Scripts whose whole name has four letters; other names of four letters are codes, which Go does not know. */
const SHORT_SCRIPTS = new Set(['Cham', 'Kawi', 'Lisu', 'Thai', 'Toto']);

const POSIX: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\u{0}-\\u{7f}',
  blank: '\\t ',
  cntrl: '\\u{0}-\\u{1f}\\u{7f}',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`\\{-~',
  space: '\\t-\\r ',
  upper: 'A-Z',
  word: '0-9A-Z_a-z',
  xdigit: '0-9A-Fa-f',
};
const PERL: Readonly<Record<string, string>> = {
  d: '0-9',
  s: '\\t\\n\\f\\r ',
  w: '0-9A-Z_a-z',
};

/** The characters between two, inclusive; with `fold` also what differs from them in case only. */
export function range(from: number, to: number, fold: boolean): CharacterSet {
  const direct: CharacterSet = (point) => point >= from && point <= to;
  if (!fold) return direct;
  const folded = remembered(`\\u{${from.toString(16)}}-\\u{${to.toString(16)}}`, true);
  return (point) => direct(point) || folded(point);
}

/** `\d`, `\S` and so on; undefined for any other letter. */
export function perlClass(letter: string, fold: boolean): CharacterSet | undefined {
  const members = PERL[letter.toLowerCase()];
  if (members === undefined) return undefined;
  const set = remembered(members, fold);
  return letter in PERL ? set : not(set);
}

/** `[:alpha:]` or `[:^alpha:]`; undefined for an unknown name. */
export function posixClass(name: string, fold: boolean): CharacterSet | undefined {
  const negated = name.startsWith('^');
  const members = POSIX[negated ? name.slice(1) : name];
  if (members === undefined) return undefined;
  return negated ? not(remembered(members, fold)) : remembered(members, fold);
}

/** `\p{Name}`: a category or a script of Unicode; undefined for an unknown name. */
export function unicodeClass(name: string, fold: boolean): CharacterSet | undefined {
  const wanted = canonical(name);
  if (wanted === 'Any') return () => true;
  if (wanted === 'Assigned') return not(remembered('\\p{Cn}', false));
  if (wanted === 'Ascii') return remembered('\\u{0}-\\u{7f}', fold);
  if (wanted === 'Lc') return remembered('\\p{LC}', fold);
  const category = CATEGORIES.has(wanted) ? wanted : BY_CANONICAL_NAME.get(wanted);
  if (category !== undefined) return remembered(`\\p{gc=${category}}`, fold);
  if (wanted.length === 4 && !SHORT_SCRIPTS.has(wanted)) return undefined;
  if (!/^[A-Z][a-z]+$/.test(wanted)) return undefined;
  try {
    return remembered(`\\p{Script=${wanted}}`, fold);
  } catch {
    return undefined;
  }
}

export function not(set: CharacterSet): CharacterSet {
  return (point) => !set(point);
}

export function anyOf(sets: readonly CharacterSet[]): CharacterSet {
  return (point) => sets.some((set) => set(point));
}

/** Words of ASCII, as `\b` sees them. */
export const isWord: CharacterSet = (point) =>
  (point >= 48 && point <= 57) ||
  (point >= 65 && point <= 90) ||
  point === 95 ||
  (point >= 97 && point <= 122);

const ASCII_SIZE = 128;

/** A class of JavaScript's, asked once per ASCII character. */
function remembered(members: string, fold: boolean): CharacterSet {
  const one = new RegExp(`^[${members}]$`, fold ? 'iu' : 'u');
  const ascii: (boolean | undefined)[] = new Array(ASCII_SIZE);
  return (point) => {
    if (point >= ASCII_SIZE) return one.test(String.fromCodePoint(point));
    const known = ascii[point];
    if (known !== undefined) return known;
    const found = one.test(String.fromCodePoint(point));
    ascii[point] = found;
    return found;
  };
}

/** Case, spaces and underscores do not matter in a name. */
function canonical(name: string): string {
  const bare = name.replaceAll(/[_\- ]/g, '');
  return bare.slice(0, 1).toUpperCase() + bare.slice(1).toLowerCase();
}
