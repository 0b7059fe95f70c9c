import { Fault } from './error.ts';
import { MAX_VALUE_DEPTH } from './limits.ts';
import { emptyMap, type Value } from './value.ts';

/** Go's json.Unmarshal into an any: numbers become floats. Throws Fault with Go's words. */
export function parseJson(text: string): Value {
  const reader = new JsonReader(text);
  const value = reader.value('looking for beginning of value', 0);
  reader.end();
  return value;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

class JsonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(context: string, depth: number): Value {
    if (depth > MAX_VALUE_DEPTH) throw new Fault('exceeded max depth');
    this.#skipSpace();
    const character = this.#text[this.#at];
    switch (character) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
    }
    if (character === '-' || (character !== undefined && character >= '0' && character <= '9')) {
      return this.#number();
    }
    this.#unexpected(context);
  }

  end(): void {
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#unexpected('after top-level value');
  }

  #object(depth: number): Value {
    const map = emptyMap();
    this.#at++;
    this.#skipSpace();
    if (this.#take('}')) return map;
    let context = 'looking for beginning of object key string';
    for (;;) {
      this.#skipSpace();
      if (this.#text[this.#at] !== '"') this.#unexpected(context);
      const key = this.#string();
      this.#skipSpace();
      if (!this.#take(':')) this.#unexpected('after object key');
      map[key] = this.value('looking for beginning of value', depth + 1);
      this.#skipSpace();
      if (this.#take('}')) return map;
      if (!this.#take(',')) this.#unexpected('after object key:value pair');
      context = 'looking for beginning of object key string';
    }
  }

  #array(depth: number): Value {
    const list: Value[] = [];
    this.#at++;
    this.#skipSpace();
    if (this.#take(']')) return list;
    for (;;) {
      list.push(this.value('looking for beginning of value', depth + 1));
      this.#skipSpace();
      if (this.#take(']')) return list;
      if (!this.#take(',')) this.#unexpected('after array element');
    }
  }

  #string(): string {
    let text = '';
    this.#at++;
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined || character < ' ') this.#unexpected('in string literal');
      this.#at++;
      if (character === '"') return text.toWellFormed();
      text += character === '\\' ? this.#escape() : character;
    }
  }

  #escape(): string {
    const character = this.#text[this.#at] ?? '';
    const plain = ESCAPES[character];
    if (plain !== undefined) {
      this.#at++;
      return plain;
    }
    if (character !== 'u') this.#unexpected('in string escape code');
    this.#at++;
    const start = this.#at;
    for (let i = 0; i < 4; i++) {
      if (!/^[\da-fA-F]$/.test(this.#text[this.#at] ?? '')) {
        this.#unexpected('in \\u hexadecimal character escape');
      }
      this.#at++;
    }
    return String.fromCharCode(Number.parseInt(this.#text.slice(start, this.#at), 16));
  }

  #word(word: string, value: Value): Value {
    for (const [i, expected] of [...word].entries()) {
      if (this.#text[this.#at] !== expected) {
        this.#unexpected(`in literal ${word} (expecting '${word[i] ?? ''}')`);
      }
      this.#at++;
    }
    return value;
  }

  #number(): number {
    NUMBER.lastIndex = this.#at;
    const literal = NUMBER.exec(this.#text)?.[0] ?? '';
    const rest = this.#text.slice(this.#at + literal.length);
    if (literal === '') {
      this.#at++;
      this.#unexpected('in numeric literal');
    }
    if (rest.startsWith('.')) {
      this.#at += literal.length + 1;
      this.#unexpected('after decimal point in numeric literal');
    }
    const exponent = /^[eE][+-]?/.exec(rest)?.[0];
    if (exponent !== undefined) {
      this.#at += literal.length + exponent.length;
      this.#unexpected('in exponent of numeric literal');
    }
    this.#at += literal.length;
    const value = Number(literal);
    if (!Number.isFinite(value)) {
      throw new Fault(`json: cannot unmarshal number ${literal} into Go value of type float64`);
    }
    return value;
  }

  #skipSpace(): void {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? 'x')) this.#at++;
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #unexpected(context: string): never {
    let point = this.#text.codePointAt(this.#at);
    if (point === undefined) {
      // Go asks what a space would do here: inside a word, a number or an escape it is wrong.
      if (!/literal (?:true|false|null) |numeric literal|escape/.test(context)) {
        throw new Fault('unexpected end of JSON input');
      }
      point = 0x20;
    }
    throw new Fault(`invalid character ${quoteCharacter(point)} ${context}`);
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** Go looks at bytes here and shows each as the character of that number. */
function quoteCharacter(point: number): string {
  const byte = new TextEncoder().encode(String.fromCodePoint(point))[0] ?? 0;
  const character = String.fromCharCode(byte);
  if (character === "'") return "'\\''";
  if (character === '"') return `'"'`;
  const short: Readonly<Record<string, string>> = {
    '\n': '\\n',
    '\r': '\\r',
    '\t': '\\t',
    '\\': '\\\\',
  };
  if (short[character] !== undefined) return `'${short[character]}'`;
  return byte < 0x20 || byte === 0x7f
    ? `'\\x${byte.toString(16).padStart(2, '0')}'`
    : `'${character}'`;
}
