import * as wasm from './wasm-code.ts';
import { advance, branch, type Code, constant, get, loop, set, tee, when } from './wasm-code.ts';

/**
 * Writes bytes as the inside of a text of JSON, eight at a time. Nearly all that a recorder writes are frames, each a
 * JSON text that becomes a text inside a row. Making strings of them only to make bytes of these cost a quarter of its
 * time, and another quarter went into collecting them.
 */

/** Payloads up to this size; longer ones are rare enough to be made as text. */
export const ESCAPABLE_BYTES = 262_144;

export interface Escaper {
  /** Where `encode` leaves what it made. */
  readonly target: Buffer;
  /**
   * Escapes `bytes`, at most `ESCAPABLE_BYTES` of UTF-8, as JSON.stringify escapes their text, quotes not included.
   * Returns how many bytes of `target` that took, or -1 if a control character is among them: that is for JSON.stringify.
   */
  encode(bytes: Uint8Array): number;
}

export function makeEscaper(): Escaper {
  const { exports } = new WebAssembly.Instance(
    new WebAssembly.Module(wasm.moduleBytes([escapeFunction], PAGES)),
  );
  const { memory, encode } = exports as Exports;
  new Uint8Array(memory.buffer).set(places());
  const source = new Uint8Array(memory.buffer, SOURCE_AT, ESCAPABLE_BYTES);
  return {
    target: Buffer.from(memory.buffer, TARGET_AT, 2 * ESCAPABLE_BYTES),
    encode(bytes) {
      source.set(bytes);
      return encode(SOURCE_AT, SOURCE_AT + bytes.length, TARGET_AT);
    },
  };
}

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly encode: (from: number, end: number, to: number) => number;
}

const PAGE_BYTES = 65_536;
const SOURCE_AT = PAGE_BYTES;
/** Behind each area lies a page that is nobody's: eight bytes are read and sixteen written at once. */
const TARGET_AT = SOURCE_AT + ESCAPABLE_BYTES + PAGE_BYTES;
const PAGES = (TARGET_AT + 2 * ESCAPABLE_BYTES) / PAGE_BYTES + 1;

const [BACKSLASH, QUOTE, SPACE] = [0x5c, 0x22, 0x20] as const;
const [STEP, LANES] = [8, 16] as const;

/**
 * For each of the 256 ways that bytes to be escaped may lie among eight: which lanes make the result, where lane 8 is a
 * backslash. The table lies at 0.
 */
function places(): Uint8Array {
  const table = new Uint8Array(256 * LANES);
  for (let special = 0; special < 256; special++) {
    const lanes = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((lane) =>
      ((special >> lane) & 1) === 0 ? [lane] : [STEP, lane],
    );
    table.set(lanes, special * LANES);
  }
  return table;
}

/** Locals of the function: its three parameters, then its own. */
const [FROM, END, TO, BEGIN, LEFT, SPECIAL, BYTES] = [0, 1, 2, 3, 4, 5, 6] as const;

/** Takes the next eight bytes, of which those count that `counting` has a bit for: `many` of them. */
function step(counting: Code, many: Code): Code {
  const where = (byte: number): Code => [...[...get(BYTES), ...wasm.splat(byte), ...wasm.I8X16_EQ]];
  const backslash = Array<number>(LANES).fill(0).with(STEP, BACKSLASH);
  return [
    ...[...get(FROM), ...wasm.V128_LOAD64_ZERO, ...tee(BYTES), ...wasm.splat(SPACE)],
    ...[...wasm.I8X16_LT_U, ...wasm.I8X16_BITMASK, ...counting, wasm.I32_AND],
    ...when(...wasm.giveBack(-1)),
    ...[...where(BACKSLASH), ...where(QUOTE), ...wasm.V128_OR, ...wasm.I8X16_BITMASK],
    ...[...counting, wasm.I32_AND, ...set(SPECIAL)],
    ...[...get(TO), ...get(BYTES), ...wasm.vector(backslash), ...wasm.V128_OR],
    ...[...get(SPECIAL), ...constant(4), wasm.I32_SHL, ...wasm.V128_LOAD],
    ...[...wasm.I8X16_SWIZZLE, ...wasm.V128_STORE],
    ...advance(TO, [...many, ...get(SPECIAL), wasm.I32_POPCNT, wasm.I32_ADD]),
  ];
}

const rest: Code = [...get(END), ...get(FROM), wasm.I32_SUB];

const escapeFunction: wasm.WasmFunction = {
  name: 'encode',
  parameters: 3,
  locals: [wasm.I32, wasm.I32, wasm.I32, wasm.V128],
  body: [
    ...[...get(TO), ...set(BEGIN)],
    ...loop(
      ...[...rest, ...constant(STEP - 1), wasm.I32_GT_U],
      ...when(
        ...step(constant(255), constant(STEP)),
        ...advance(FROM, constant(STEP)),
        ...branch(1),
      ),
    ),
    ...[...rest, ...set(LEFT)],
    ...step([...constant(1), ...get(LEFT), wasm.I32_SHL, ...constant(1), wasm.I32_SUB], get(LEFT)),
    ...[...get(TO), ...get(BEGIN), wasm.I32_SUB],
  ],
};

/** The part of the global that is used here; it is not among the types of ECMAScript. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
};
