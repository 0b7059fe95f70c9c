/**
 * Undoes the escapes of a JSON text, sixteen bytes at a time. Nearly all bytes of an archive are frames, each a JSON
 * text inside a row; what their hashes are of has to be made from every one. JSON.parse would make strings of them that
 * nobody wants, and a loop of JavaScript over their bytes took a third of the whole time of an inspection.
 *
 * The function is written in WebAssembly's instructions, because only they compare sixteen bytes at once.
 */

/** Bytes that `source` takes, and that `decode` may make. */
export const UNESCAPE_BYTES = 4_194_304;

export interface Unescaper {
  /** Where the text is put before; what follows the text in it must be no escape. */
  readonly source: Uint8Array;
  /** Holds what the last call made. */
  readonly target: Uint8Array;
  /**
   * Undoes the escapes of `source` from `start`, which follows the opening quote, to `end`, where the closing quote
   * stands. Returns the length in `target`, or -1 if the text does not end just there, holds a control character or
   * an escape other than the two-character ones: that is for JSON.parse to judge.
   */
  decode(start: number, end: number): number;
}

let made: Promise<Unescaper> | null = null;

/** The one of this thread: what is in its areas is good until the caller next awaits anything. */
export function unescaper(): Promise<Unescaper> {
  made ??= makeUnescaper();
  return made;
}

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly decode: (from: number, end: number, to: number) => number;
}

async function makeUnescaper(): Promise<Unescaper> {
  const { instance } = await WebAssembly.instantiate(moduleBytes());
  const { memory, decode } = instance.exports as Exports;
  new Uint8Array(memory.buffer).set(escapeTable(), TABLE_AT);
  return {
    source: new Uint8Array(memory.buffer, SOURCE_AT, UNESCAPE_BYTES),
    target: new Uint8Array(memory.buffer, TARGET_AT, UNESCAPE_BYTES),
    decode: (start, end) => decode(SOURCE_AT + start, SOURCE_AT + end, TARGET_AT),
  };
}

const PAGE_BYTES = 65_536;
/** What stands at [c] is what `\c` means, or 0 where that is no escape of two characters. */
const TABLE_AT = 0;
const SOURCE_AT = PAGE_BYTES;
/** Between the areas and behind them lies a page of zeros: sixteen bytes are read and written at once. */
const TARGET_AT = SOURCE_AT + UNESCAPE_BYTES + PAGE_BYTES;
const PAGES = (TARGET_AT + UNESCAPE_BYTES) / PAGE_BYTES + 1;

const BACKSLASH = 0x5c;
const QUOTE = 0x22;
const SPACE = 0x20;

function escapeTable(): Uint8Array {
  const table = new Uint8Array(256);
  const escapes = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
  for (const [from, to] of Object.entries(escapes)) table[from.charCodeAt(0)] = to.charCodeAt(0);
  return table;
}

/** Locals of the function: its three parameters, then its own. */
const [FROM, END, TO, BEGIN, MASK, CHAR, BYTES] = [0, 1, 2, 3, 4, 5, 6] as const;

function body(): number[] {
  return [
    ...[...get(TO), ...set(BEGIN)],
    ...loop(
      // Copies sixteen bytes, of which only those before the first special one count.
      ...[...get(TO), ...get(FROM), ...V128_LOAD, ...tee(BYTES), ...V128_STORE],
      ...[...get(BYTES), ...splat(BACKSLASH), ...I8X16_EQ],
      ...[...get(BYTES), ...splat(QUOTE), ...I8X16_EQ, ...V128_OR],
      ...[...get(BYTES), ...splat(SPACE), ...I8X16_LT_U, ...V128_OR],
      ...[...I8X16_BITMASK, ...tee(MASK), I32_EQZ],
      ...when(
        ...[...advance(FROM, constant(16)), ...advance(TO, constant(16))],
        ...branch(1), // on to the next sixteen
      ),
      ...[...get(MASK), I32_CTZ, ...set(MASK)],
      ...[...advance(FROM, get(MASK)), ...advance(TO, get(MASK))],
      ...[...get(FROM), ...I32_LOAD8_U, ...tee(CHAR), ...constant(BACKSLASH), I32_EQ],
      ...when(
        ...[...get(FROM), ...constant(1), I32_ADD, ...I32_LOAD8_U],
        ...[...I32_LOAD8_U, ...tee(CHAR), I32_EQZ], // the table lies at 0
        ...when(...constant(-1), RETURN),
        ...[...get(TO), ...get(CHAR), ...I32_STORE8],
        ...[...advance(FROM, constant(2)), ...advance(TO, constant(1))],
        ...branch(1), // on after the escape
      ),
      // A quote or a control character: good is only the quote at the end.
      ...[...get(FROM), ...get(END), I32_EQ, ...get(CHAR), ...constant(QUOTE), I32_EQ, I32_AND],
      ...when(...get(TO), ...get(BEGIN), I32_SUB, RETURN),
      ...constant(-1),
      RETURN,
    ),
    UNREACHABLE,
  ];
}

// Instructions, by their names in the WebAssembly specification (section 5.4).
const [UNREACHABLE, LOOP, IF, BRANCH, BLOCK_END, RETURN] = [0x00, 0x03, 0x04, 0x0c, 0x0b, 0x0f];
const [I32_EQZ, I32_EQ, I32_CTZ, I32_ADD, I32_SUB, I32_AND] = [0x45, 0x46, 0x68, 0x6a, 0x6b, 0x71];
const [I32_LOAD8_U, I32_STORE8] = [
  [0x2d, 0, 0],
  [0x3a, 0, 0],
] as const;
const [V128_LOAD, V128_STORE] = [
  [0xfd, 0x00, 0, 0],
  [0xfd, 0x0b, 0, 0],
] as const;
const [I8X16_EQ, I8X16_LT_U] = [
  [0xfd, 0x23],
  [0xfd, 0x26],
] as const;
const V128_OR = [0xfd, 0x50] as const;
const I8X16_BITMASK = [0xfd, 0x64] as const;
const I8X16_SPLAT = [0xfd, 0x0f] as const;
const [I32, V128, NO_RESULT] = [0x7f, 0x7b, 0x40];

const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const tee = (local: number): number[] => [0x22, local];
const constant = (value: number): number[] => [0x41, ...signed(value)];
const splat = (byte: number): number[] => [...constant(byte), ...I8X16_SPLAT];
const advance = (local: number, by: readonly number[]): number[] => [
  ...[...get(local), ...by, I32_ADD, ...set(local)],
];
const loop = (...inside: number[]): number[] => [LOOP, NO_RESULT, ...inside, BLOCK_END];
const when = (...inside: number[]): number[] => [IF, NO_RESULT, ...inside, BLOCK_END];
/** To the start of the loop that is `out` blocks further out. */
const branch = (out: number): number[] => [BRANCH, out];

/** The module: one memory and one function, both exported (section 5.5 of the specification). */
function moduleBytes(): Uint8Array {
  const code = [2, 3, I32, 1, V128, ...body(), BLOCK_END];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 3, I32, I32, I32, 1, I32]), // a type: three numbers to one
    ...section(3, [1, 0]), // a function of it
    ...section(5, [1, 0x00, ...unsigned(PAGES)]), // a memory
    ...section(7, [2, ...named('memory'), 2, 0, ...named('decode'), 0, 0]), // exports
    ...section(10, [1, ...sized(code)]), // the function's code
  ]);
}

const section = (id: number, content: readonly number[]): number[] => [id, ...sized(content)];
const sized = (content: readonly number[]): number[] => [...unsigned(content.length), ...content];
const named = (name: string): number[] => sized([...Buffer.from(name)]);

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  return value >= -0x40 && value < 0x40
    ? [value & 0x7f]
    : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}

/** The part of the global that is used here; it is not among the types of ECMAScript. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array): Promise<{ readonly instance: { readonly exports: object } }>;
};
