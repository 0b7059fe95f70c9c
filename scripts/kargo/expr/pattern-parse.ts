import {
  anyOf,
  type CharacterSet,
  not,
  perlClass,
  posixClass,
  range,
  unicodeClass,
} from './pattern-class.ts';
import { patternFault, readEscape } from './pattern-escape.ts';

/** A place that a pattern can ask for without taking a character. */
export type Assertion = 'textStart' | 'textEnd' | 'lineStart' | 'lineEnd' | 'word' | 'noWord';

/** A regular expression. Groups leave no trace, because nobody asks what they matched. */
export type Pattern =
  | { readonly kind: 'set'; readonly set: CharacterSet }
  | { readonly kind: 'assert'; readonly assertion: Assertion }
  | { readonly kind: 'all'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'either'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'repeat'; readonly body: Pattern; readonly min: number; readonly max: number };

/** Largest count of `{n}`, and largest product of nested ones; Go's. */
const MAX_REPEAT = 1000;
/** Nesting of groups; Go's. */
const MAX_HEIGHT = 1000;

/** Parses Go's syntax (RE2 with Perl's classes). Throws Fault with Go's words. */
export function parsePattern(source: string): Pattern {
  const parser = new PatternParser(source);
  const pattern = parser.alternatives(0);
  parser.end();
  return pattern;
}

class PatternParser {
  readonly #source: string;
  #at = 0;
  #fold = false;
  #multiline = false;
  #dotAll = false;

  constructor(source: string) {
    this.#source = source;
  }

  end(): void {
    if (this.#at < this.#source.length) this.#fail('unexpected )', this.#source);
  }

  alternatives(depth: number): Pattern {
    if (depth > MAX_HEIGHT) this.#fail('expression nests too deeply', this.#source);
    const parts = [this.#sequence(depth)];
    while (this.#peek() === '|') {
      this.#at++;
      parts.push(this.#sequence(depth));
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { kind: 'either', parts };
  }

  #sequence(depth: number): Pattern {
    const parts: Pattern[] = [];
    /** Where a repetition began that ends right here; two may not follow each other. */
    let repetition: number | undefined;
    for (;;) {
      const character = this.#peek();
      if (character === undefined || character === '|' || character === ')') break;
      const start = this.#at;
      const counts = this.#counts(character);
      if (counts === undefined) {
        const part = this.#atom(character, depth);
        if (part !== undefined) parts.push(...part);
        repetition = undefined;
        continue;
      }
      const lazy = this.#peek() === '?';
      if (lazy) this.#at++;
      const text = this.#source.slice(start, this.#at);
      if (repetition !== undefined) {
        const both = this.#source.slice(repetition, this.#at);
        this.#fail('invalid nested repetition operator', both);
      }
      const body = parts.pop();
      if (body === undefined) this.#fail('missing argument to repetition operator', text);
      const [min, max] = counts;
      const repeat: Pattern = { kind: 'repeat', body, min, max };
      const counted = character === '{' && (min >= 2 || max >= 2);
      if (counted && !isRepeatable(repeat, MAX_REPEAT)) this.#fail('invalid repeat count', text);
      parts.push(repeat);
      repetition = start;
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { kind: 'all', parts };
  }

  /** Reads `*`, `+`, `?` or `{n,m}`; undefined for anything else. */
  #counts(character: string): readonly [number, number] | undefined {
    const simple: Readonly<Record<string, readonly [number, number]>> = {
      '*': [0, Infinity],
      '+': [1, Infinity],
      '?': [0, 1],
    };
    const counts = simple[character];
    if (counts !== undefined) {
      this.#at++;
      return counts;
    }
    if (character !== '{') return undefined;
    const match = /^\{(0|[1-9]\d*)(,(0|[1-9]\d*)?)?\}/.exec(this.#rest());
    if (match === null) return undefined;
    const [text, low, comma, high] = match;
    const min = Number(low);
    const max = comma === undefined ? min : high === undefined ? Infinity : Number(high);
    const tooMuch = min > MAX_REPEAT || (max !== Infinity && max > MAX_REPEAT);
    if (tooMuch || min > max) this.#fail('invalid repeat count', text);
    this.#at += text.length;
    return [min, max];
  }

  #atom(character: string, depth: number): readonly Pattern[] | undefined {
    switch (character) {
      case '(':
        return this.#group(depth);
      case '[':
        return [{ kind: 'set', set: this.#class() }];
      case '\\':
        return this.#escape();
    }
    this.#at += character.length;
    switch (character) {
      case '^':
        return [{ kind: 'assert', assertion: this.#multiline ? 'lineStart' : 'textStart' }];
      case '$':
        return [{ kind: 'assert', assertion: this.#multiline ? 'lineEnd' : 'textEnd' }];
      case '.': {
        const all = this.#dotAll;
        return [{ kind: 'set', set: (point) => all || point !== 10 }];
      }
      default:
        return [this.#literal(character)];
    }
  }

  #literal(character: string): Pattern {
    const point = character.codePointAt(0) ?? 0;
    return { kind: 'set', set: range(point, point, this.#fold) };
  }

  #group(depth: number): readonly Pattern[] | undefined {
    const before = [this.#fold, this.#multiline, this.#dotAll] as const;
    if (this.#rest().startsWith('(?')) {
      // Flags such as (?i) hold until the group around them ends.
      if (!this.#openSpecial()) return undefined;
    } else {
      this.#at++;
    }
    const body = this.alternatives(depth + 1);
    if (this.#peek() !== ')') this.#fail('missing closing )', this.#source);
    this.#at++;
    [this.#fold, this.#multiline, this.#dotAll] = before;
    return [body];
  }

  /** Reads what follows `(?`; false if it only sets flags. */
  #openSpecial(): boolean {
    const rest = this.#rest();
    const opening = /^\(\?P?</.exec(rest)?.[0];
    if (opening !== undefined && rest.length > opening.length) {
      const end = rest.indexOf('>');
      if (end === -1) this.#fail('invalid named capture', rest);
      if (!/^\w+$/.test(rest.slice(opening.length, end))) {
        this.#fail('invalid named capture', rest.slice(0, end + 1));
      }
      this.#at += end + 1;
      return true;
    }
    return this.#readFlags(rest);
  }

  #readFlags(rest: string): boolean {
    let value = true;
    let sawFlag = false;
    let flags = { i: this.#fold, m: this.#multiline, s: this.#dotAll };
    let at = 2;
    for (; at < rest.length; at++) {
      const character = rest[at];
      if (character === 'i' || character === 'm' || character === 's') {
        flags = { ...flags, [character]: value };
        sawFlag = true;
      } else if (character === 'U') {
        // It swaps greedy and lazy, which changes nothing about whether a text matches.
        sawFlag = true;
      } else if (character === '-' && value) {
        value = false;
        sawFlag = false;
      } else if ((character === ':' || character === ')') && (value || sawFlag)) {
        this.#at += at + 1;
        [this.#fold, this.#multiline, this.#dotAll] = [flags.i, flags.m, flags.s];
        if (character === ')') return false;
        return true;
      } else {
        at += String.fromCodePoint(rest.codePointAt(at) ?? 0).length;
        break;
      }
    }
    this.#fail('invalid or unsupported Perl syntax', rest.slice(0, at));
  }

  #escape(): readonly Pattern[] {
    const rest = this.#rest();
    const letter = rest[1] ?? '';
    const assertions: Readonly<Record<string, Assertion>> = {
      A: 'textStart',
      b: 'word',
      B: 'noWord',
      z: 'textEnd',
    };
    const assertion = assertions[letter];
    if (assertion !== undefined) {
      this.#at += 2;
      return [{ kind: 'assert', assertion }];
    }
    if (letter === 'C') this.#fail('invalid escape sequence', '\\C');
    if (letter === 'Q') {
      const end = rest.indexOf('\\E', 2);
      this.#at += end === -1 ? rest.length : end + 2;
      const text = rest.slice(2, end === -1 ? undefined : end);
      return Array.from(text, (character) => this.#literal(character));
    }
    const set = this.#escapedClass();
    if (set !== undefined) return [{ kind: 'set', set }];
    const point = this.#escapedCharacter();
    return [{ kind: 'set', set: range(point, point, this.#fold) }];
  }

  /** `\d`, `\pL`, `\p{Greek}`; undefined for any other escape. */
  #escapedClass(): CharacterSet | undefined {
    const rest = this.#rest();
    if (!/^\\[pP]./su.test(rest)) {
      const set = rest[0] === '\\' ? perlClass(rest[1] ?? '', this.#fold) : undefined;
      if (set !== undefined) this.#at += 2;
      return set;
    }
    let name = String.fromCodePoint(rest.codePointAt(2) ?? 0);
    let length = 2 + name.length;
    if (name === '{') {
      const end = rest.indexOf('}');
      if (end === -1) this.#fail('invalid character class range', rest);
      name = rest.slice(3, end);
      length = end + 1;
    }
    const caret = name.startsWith('^');
    const set = unicodeClass(caret ? name.slice(1) : name, this.#fold);
    if (set === undefined) this.#fail('invalid character class range', rest.slice(0, length));
    this.#at += length;
    return (rest[1] === 'P') === caret ? set : not(set);
  }

  #class(): CharacterSet {
    const whole = this.#rest();
    this.#at++;
    const negated = this.#peek() === '^';
    if (negated) this.#at++;
    const sets: CharacterSet[] = [];
    // A bracket in the first place stands for itself.
    for (let first = true; this.#peek() !== ']' || first; first = false) {
      const set = this.#namedClass() ?? this.#escapedClass() ?? this.#classRange(whole);
      sets.push(set);
    }
    this.#at++;
    const set = anyOf(sets);
    return negated ? not(set) : set;
  }

  /** `[:alpha:]` inside a class. */
  #namedClass(): CharacterSet | undefined {
    const rest = this.#rest();
    const end = rest.startsWith('[:') ? rest.indexOf(':]', 2) : -1;
    if (end === -1) return undefined;
    const set = posixClass(rest.slice(2, end), this.#fold);
    if (set === undefined) this.#fail('invalid character class range', rest.slice(0, end + 2));
    this.#at += end + 2;
    return set;
  }

  #classRange(whole: string): CharacterSet {
    const start = this.#at;
    const from = this.#classCharacter(whole);
    let to = from;
    const rest = this.#rest();
    if (rest.length >= 2 && rest[0] === '-' && rest[1] !== ']') {
      this.#at++;
      to = this.#classCharacter(whole);
      if (to < from) {
        this.#fail('invalid character class range', this.#source.slice(start, this.#at));
      }
    }
    return range(from, to, this.#fold);
  }

  #classCharacter(whole: string): number {
    const character = this.#peek();
    if (character === undefined) this.#fail('missing closing ]', whole);
    if (character === '\\') return this.#escapedCharacter();
    this.#at += character.length;
    return character.codePointAt(0) ?? 0;
  }

  #escapedCharacter(): number {
    const { point, length } = readEscape(this.#rest());
    this.#at += length;
    return point;
  }

  #rest(): string {
    return this.#source.slice(this.#at);
  }

  #peek(): string | undefined {
    const point = this.#source.codePointAt(this.#at);
    return point === undefined ? undefined : String.fromCodePoint(point);
  }

  #fail(what: string, text: string): never {
    throw patternFault(what, text);
  }
}

/** Whether nested counts stay below a limit together. */
function isRepeatable(pattern: Pattern, limit: number): boolean {
  switch (pattern.kind) {
    case 'all':
    case 'either':
      return pattern.parts.every((part) => isRepeatable(part, limit));
    case 'repeat': {
      const simple = pattern.max === Infinity && pattern.min <= 1;
      const count = pattern.max === Infinity ? pattern.min : pattern.max;
      if (simple || count === 1) return isRepeatable(pattern.body, limit);
      if (pattern.max === 0) return true;
      return count <= limit && isRepeatable(pattern.body, Math.floor(limit / Math.max(count, 1)));
    }
    default:
      return true;
  }
}
