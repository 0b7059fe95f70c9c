import * as wasm from './wasm-code.ts';
import { advance, branch, type Code, constant, get, loop, set, tee, when } from './wasm-code.ts';

/**
 * Undoes the escapes of a JSON text, sixteen bytes at a time. Nearly all bytes of an archive are frames, each a JSON
 * text inside a row; what their hashes are of has to be made from every one. JSON.parse would make strings of them that
 * nobody wants, and a loop of JavaScript over their bytes took a third of the whole time of an inspection.
 */

/** What the tables take, in bytes; they begin where `unescapeTables` is put. */
export const UNESCAPE_TABLE_BYTES = 6_144;

const [LOW_AT, HIGH_AT, LANES] = [2_048, 4_096, 8] as const;
const [BACKSLASH, QUOTE, SPACE] = [0x5c, 0x22, 0x20] as const;

/**
 * At c: what `\c` means, or 0 where that is no escape of two characters. From `LOW_AT` on, for each of the 256 ways that
 * backslashes may lie in eight bytes: the places of the other bytes, in order. The same from `HIGH_AT` on for the
 * upper eight of sixteen bytes.
 */
export function unescapeTables(): Uint8Array {
  const tables = new Uint8Array(UNESCAPE_TABLE_BYTES);
  const escapes = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
  for (const [from, to] of Object.entries(escapes)) tables[from.charCodeAt(0)] = to.charCodeAt(0);
  for (let backslashes = 0; backslashes < 256; backslashes++) {
    const others = [0, 1, 2, 3, 4, 5, 6, 7].filter((place) => ((backslashes >> place) & 1) === 0);
    tables.set(others, LOW_AT + LANES * backslashes);
    tables.set(
      others.map((place) => place + LANES),
      HIGH_AT + LANES * backslashes,
    );
  }
  return tables;
}

/** Locals of the function: its two parameters, then its own. */
const [FROM, TO, BEGIN, SLASHES, QUOTES, CONTROLS, CHAR, BYTES] = [0, 1, 2, 3, 4, 5, 6, 7] as const;

/**
 * `decode(from, to)`: writes what the text at `from`, which follows an opening quote, says to `to`, and returns the
 * length of that; where its closing quote stands is put at `endAt`. Returns -1 for a text that holds a control
 * character or an escape other than the two-character ones: that is for JSON.parse to judge. The tables lie at 0. Up to
 * 24 bytes more than the text are written.
 */
export function unescapeFunction(endAt: number): wasm.WasmFunction {
  const { I32, V128 } = wasm;
  const locals = [I32, I32, I32, I32, I32, V128];
  return { name: 'decode', parameters: 2, locals, body: body(endAt) };
}

function body(endAt: number): Code {
  return [
    ...[...get(TO), ...set(BEGIN)],
    ...loop(
      ...[...get(FROM), ...wasm.V128_LOAD, ...set(BYTES)],
      ...[...where(BACKSLASH), ...set(SLASHES), ...where(QUOTE), ...set(QUOTES)],
      ...[...get(BYTES), ...wasm.splat(SPACE), ...wasm.I8X16_LT_U, ...wasm.I8X16_BITMASK],
      ...set(CONTROLS),
      // Nearly always each backslash stands before a quote, each quote behind a backslash, and nothing else is special.
      ...[...get(SLASHES), ...constant(1), wasm.I32_SHL, ...constant(0xffff), wasm.I32_AND],
      ...[...get(QUOTES), wasm.I32_XOR, ...get(CONTROLS), wasm.I32_OR, wasm.I32_EQZ],
      ...when(...dropBackslashes(), ...branch(1)),
      // Copies sixteen bytes, of which only those before the first special one count.
      ...[...get(TO), ...get(BYTES), ...wasm.V128_STORE],
      ...[...get(SLASHES), ...get(QUOTES), wasm.I32_OR, ...get(CONTROLS), wasm.I32_OR],
      ...[wasm.I32_CTZ, ...set(CHAR)],
      ...[...advance(FROM, get(CHAR)), ...advance(TO, get(CHAR))],
      ...[...get(FROM), ...wasm.I32_LOAD8_U, ...tee(CHAR), ...constant(BACKSLASH), wasm.I32_EQ],
      ...when(
        ...[...get(FROM), ...constant(1), wasm.I32_ADD, ...wasm.I32_LOAD8_U],
        ...[...wasm.I32_LOAD8_U, ...tee(CHAR), wasm.I32_EQZ], // the table lies at 0
        ...when(...wasm.giveBack(-1)),
        ...[...get(TO), ...get(CHAR), ...wasm.I32_STORE8],
        ...[...advance(FROM, constant(2)), ...advance(TO, constant(1))],
        ...branch(1), // on after the escape
      ),
      ...[...get(CHAR), ...constant(QUOTE), wasm.I32_NE],
      ...when(...wasm.giveBack(-1)),
      ...[...constant(endAt), ...get(FROM), ...wasm.I32_STORE],
      ...[...get(TO), ...get(BEGIN), wasm.I32_SUB, wasm.RETURN],
    ),
    wasm.UNREACHABLE,
  ];
}

/** A bit for each of `BYTES` that is `byte`. */
const where = (byte: number): Code => [
  ...[...get(BYTES), ...wasm.splat(byte), ...wasm.I8X16_EQ, ...wasm.I8X16_BITMASK],
];

/** Puts all of `BYTES` but the backslashes to `TO`. One at the end waits for the byte that it escapes. */
function dropBackslashes(): Code {
  const low = [...get(SLASHES), ...constant(255), wasm.I32_AND];
  const high = [...get(SLASHES), ...constant(8), wasm.I32_SHR_U];
  const half = (which: Code, table: number): Code => [
    ...[...get(BYTES), ...constant(table), ...which, ...constant(3), wasm.I32_SHL, wasm.I32_ADD],
    ...[...wasm.V128_LOAD64_ZERO, ...wasm.I8X16_SWIZZLE, ...wasm.V128_STORE],
  ];
  return [
    ...[...get(TO), ...half(low, LOW_AT)],
    ...[...get(TO), ...constant(LANES), wasm.I32_ADD, ...low, wasm.I32_POPCNT, wasm.I32_SUB],
    ...half(high, HIGH_AT),
    ...advance(TO, [...constant(16), ...get(SLASHES), wasm.I32_POPCNT, wasm.I32_SUB]),
    ...advance(FROM, [
      ...constant(16),
      ...get(SLASHES),
      ...constant(15),
      wasm.I32_SHR_U,
      wasm.I32_SUB,
    ]),
  ];
}
