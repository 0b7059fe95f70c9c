import { describeCharacter, goQuote, isLetterOrDigit, isSpace } from './characters.ts';
import { Fault } from './error.ts';
import { fromBytes } from './go-string.ts';
import { NEGATABLE, OPERATOR_WORDS } from './operators.ts';
import { unescapeBytes, unescapeString } from './string-literal.ts';
import type { Token, TokenKind } from './token.ts';

/** What is wrong with the text, and where. */
export class LexicalFault extends Fault {
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

const DECIMAL = '0123456789_';
const HEXADECIMAL = '0123456789abcdefABCDEF_';
const MAX_BRACED_DIGITS = 6;

/** Cuts a source into tokens, one per call of `next`. After the first fault every call throws it again. */
export class Lexer {
  readonly #source: string;
  readonly #characters: readonly string[];
  readonly #waiting: Token[] = [];
  #start = 0;
  #end = 0;
  /** The last read went past the end; faults then point one further. */
  #pastEnd = false;
  #finished = false;
  #fault: LexicalFault | undefined;

  constructor(source: string) {
    this.#source = source;
    this.#characters = Array.from(source);
  }

  /** The next token, or undefined after the end was handed out. */
  next(): Token | undefined {
    if (this.#fault !== undefined) throw this.#fault;
    try {
      while (this.#waiting.length === 0 && !this.#finished) this.#scan();
    } catch (error) {
      if (error instanceof LexicalFault) this.#fault = error;
      throw error;
    }
    return this.#waiting.shift();
  }

  #scan(): void {
    const character = this.#read();
    if (character === undefined) {
      this.#waiting.push({
        kind: 'EOF',
        value: '',
        from: Math.max(this.#end - 1, 0),
        to: this.#end,
      });
      this.#finished = true;
    } else if (isSpace(character)) {
      this.#start = this.#end;
    } else if (character === "'" || character === '"') {
      this.#scanQuoted(character);
      this.#emit(
        'String',
        this.#literal(() => unescapeString(this.#word())),
      );
    } else if (character === '`') {
      this.#scanRaw();
    } else if (
      (character === 'b' || character === 'B') &&
      (this.#peek() === "'" || this.#peek() === '"')
    ) {
      this.#scanQuoted(this.#read() ?? '');
      this.#emit(
        'Bytes',
        this.#literal(() => fromBytes(unescapeBytes(this.#word().slice(1)))),
      );
    } else if (character >= '0' && character <= '9') {
      this.#end--;
      this.#scanNumber();
    } else {
      this.#scanSymbol(character);
    }
  }

  #scanSymbol(character: string): void {
    if ('([{)]}'.includes(character)) {
      this.#emit('Bracket');
      return;
    }
    if (',;%+-^'.includes(character)) {
      this.#emit('Operator');
      return;
    }
    switch (character) {
      case '?':
        this.#accept('.?');
        this.#emit('Operator');
        return;
      case '/':
        this.#scanSlash();
        return;
      case '#':
        this.#scanPointer();
        return;
      case '|':
      case ':':
        this.#accept(character);
        this.#emit('Operator');
        return;
      case '&':
      case '!':
      case '=':
      case '*':
      case '<':
      case '>':
        this.#accept('&=*');
        this.#emit('Operator');
        return;
      case '.':
        if (this.#accept(DECIMAL.slice(0, 10))) {
          this.#end--;
          this.#scanNumber();
          return;
        }
        this.#accept('.');
        this.#emit('Operator');
        return;
    }
    if (!isLetterOrDigit(character)) {
      this.#fail(`unrecognized character: ${describeCharacter(character)}`);
    }
    this.#scanWord();
  }

  #scanWord(): void {
    this.#skipLetters();
    const word = this.#word();
    if (word === 'not') {
      this.#scanNot();
      return;
    }
    this.#emit(OPERATOR_WORDS.has(word) ? 'Operator' : 'Identifier');
  }

  /** After `not` an operator such as `in` is one even where a name would be expected. */
  #scanNot(): void {
    this.#emit('Operator');
    while (this.#accept(' '));
    this.#start = this.#end;
    const end = this.#end;
    this.#skipLetters();
    if (NEGATABLE.has(this.#word())) this.#emit('Operator');
    else this.#end = end;
  }

  #skipLetters(): void {
    for (
      let next = this.#peek();
      next !== undefined && isLetterOrDigit(next);
      next = this.#peek()
    ) {
      this.#end++;
    }
  }

  #scanPointer(): void {
    this.#accept('#');
    this.#emit('Operator');
    this.#skipLetters();
    if (this.#end > this.#start) this.#emit('Identifier');
  }

  #scanSlash(): void {
    if (this.#accept('/')) {
      let character = this.#read();
      while (character !== undefined && character !== '\n') character = this.#read();
      this.#start = this.#end;
    } else if (this.#accept('*')) {
      for (;;) {
        const character = this.#read();
        if (character === undefined) this.#fail('unclosed comment');
        if (character === '*' && this.#accept('/')) break;
      }
      this.#start = this.#end;
    } else {
      this.#emit('Operator');
    }
  }

  #scanNumber(): void {
    let digits = DECIMAL;
    if (this.#accept('0')) {
      if (this.#accept('xX')) digits = HEXADECIMAL;
      else if (this.#accept('oO')) digits = '01234567_';
      else if (this.#accept('bB')) digits = '01_';
    }
    this.#acceptAll(digits);
    const beforeDot = this.#end;
    if (this.#accept('.')) {
      if (this.#peek() === '.') {
        // It is the range operator: 1..2
        this.#end = beforeDot;
        this.#emit('Number');
        return;
      }
      this.#acceptAll(digits);
    }
    if (this.#accept('eE')) {
      this.#accept('+-');
      this.#acceptAll(digits);
    }
    const next = this.#peek();
    if (next !== undefined && isLetterOrDigit(next)) {
      this.#end++;
      this.#fail(`bad number syntax: ${goQuote(this.#word())}`);
    }
    this.#emit('Number');
  }

  #scanQuoted(quote: string): void {
    let character = this.#read();
    while (character !== quote) {
      if (character === undefined || character === '\n') this.#fail('literal not terminated');
      character = character === '\\' ? this.#scanEscape(quote) : this.#read();
    }
  }

  /** Reads an escape sequence and gives the character after it. */
  #scanEscape(quote: string): string | undefined {
    const character = this.#read();
    if (character === undefined) this.#fail('invalid char escape');
    if (character === quote || 'abfnrtv\\'.includes(character)) {
      return this.#read();
    }
    if (character >= '0' && character <= '7') {
      return this.#scanDigits(character, /^[0-7]$/, 3);
    }
    switch (character) {
      case 'x':
        return this.#scanDigits(this.#read(), HEX_DIGIT, 2);
      case 'u':
        return this.#peek() === '{'
          ? this.#scanBraced()
          : this.#scanDigits(this.#read(), HEX_DIGIT, 4);
      case 'U':
        return this.#scanDigits(this.#read(), HEX_DIGIT, 8);
    }
    this.#fail('invalid char escape');
  }

  #scanDigits(first: string | undefined, digit: RegExp, count: number): string | undefined {
    let character = first;
    for (let i = 0; i < count; i++) {
      if (character === undefined || !digit.test(character)) this.#fail('invalid char escape');
      character = this.#read();
    }
    return character;
  }

  #scanBraced(): string | undefined {
    this.#read();
    let digits = 0;
    while (this.#peek() !== '}') {
      if (!HEX_DIGIT.test(this.#peek() ?? '') || digits >= MAX_BRACED_DIGITS) {
        this.#fail('invalid char escape');
      }
      this.#read();
      digits++;
    }
    if (digits === 0) this.#fail('invalid char escape');
    this.#read();
    return this.#read();
  }

  /** Text in back quotes; two of them stand for one. */
  #scanRaw(): void {
    let text = '';
    for (;;) {
      const character = this.#read();
      if (character === undefined) this.#fail('literal not terminated');
      if (character === '`') {
        if (this.#peek() !== '`') break;
        this.#read();
      }
      text += character;
    }
    this.#emit('String', text);
  }

  #literal(read: () => string): string {
    try {
      return read();
    } catch (error) {
      if (error instanceof Fault) this.#fail(error.message);
      throw error;
    }
  }

  #read(): string | undefined {
    const character = this.#characters[this.#end];
    if (character === undefined) this.#pastEnd = true;
    else this.#end++;
    return character;
  }

  #peek(): string | undefined {
    return this.#characters[this.#end];
  }

  #accept(valid: string): boolean {
    const next = this.#peek();
    if (next === undefined || !valid.includes(next)) return false;
    this.#end++;
    return true;
  }

  #acceptAll(valid: string): void {
    while (this.#accept(valid));
  }

  #word(): string {
    // Without characters beyond the first plane, code points and the units of a string are the same.
    return this.#characters.length === this.#source.length
      ? this.#source.slice(this.#start, this.#end)
      : this.#characters.slice(this.#start, this.#end).join('');
  }

  #emit(kind: TokenKind, value: string = this.#word()): void {
    this.#waiting.push({ kind, value, from: this.#start, to: this.#end });
    this.#start = this.#end;
  }

  #fail(message: string): never {
    throw new LexicalFault(message, this.#end - 1 + (this.#pastEnd ? 1 : 0));
  }
}

const HEX_DIGIT = /^[0-9a-fA-F]$/;
