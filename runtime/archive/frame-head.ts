import * as wasm from './wasm-code.ts';
import { advance, type Code, constant, get, loop, set, tee, when } from './wasm-code.ts';

/** Places that the function fills, in bytes from where its caller wants them. */
export const HEAD_FACTS = {
  /** Doubles. */
  sequence: 0,
  connectionSequence: 8,
  /** Integers: places in memory. */
  idStart: 16,
  idEnd: 20,
  instantStart: 24,
  instantEnd: 28,
  hashStart: 32,
} as const;

/** Locals of the function: its parameter, which is where it is in the line, then its own. */
const [AT, COUNT, DIGITS, VALUE, BYTES] = [0, 1, 2, 3, 4] as const;

/**
 * `head(from)`: reads what a line of a frame begins with when the writer made it (`numberedLine`): these keys in this
 * order, and nothing that an escape or a character beyond ASCII could hide. Returns where the payload's text begins and
 * puts the rest to `factsAt`; -1 for any other line, which may all the same be a frame's. The line must end with a line
 * feed, and sixteen bytes behind it must be readable. As a regular expression, which took a fifth of an inspection:
 *
 *     {"type":"frame","sequence":(0|[1-9]\d{0,14}),"connection_id":"([ !#-[\]-~]{0,200})",
 *     "connection_sequence":(0|[1-9]\d{0,14}),"received_at":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:\d{3})?Z)",
 *     "received_mono_ns":"\d{1,20}","payload_sha256":"([0-9a-f]{64})","raw_text":"
 */
export function headFunction(factsAt: number): wasm.WasmFunction {
  const mark = (fact: keyof typeof HEAD_FACTS): Code => [
    ...[...constant(factsAt + HEAD_FACTS[fact]), ...get(AT), ...wasm.I32_STORE],
  ];
  const body = [
    ...[...text('{"type":"frame","sequence":'), ...count(factsAt + HEAD_FACTS.sequence)],
    ...[...text(',"connection_id":"'), ...mark('idStart'), ...plain(200), ...mark('idEnd')],
    ...[...text('","connection_sequence":'), ...count(factsAt + HEAD_FACTS.connectionSequence)],
    ...[...text(',"received_at":"'), ...mark('instantStart'), ...text('####-##-##T##:##:##.###')],
    ...[...microseconds(), ...text('Z'), ...mark('instantEnd')],
    ...[...text('","received_mono_ns":"'), ...digits(20)],
    ...[...text('","payload_sha256":"'), ...mark('hashStart'), ...hash()],
    ...[...text('","raw_text":"'), ...get(AT)],
  ];
  const { I32, I64, V128 } = wasm;
  return { name: 'head', parameters: 1, locals: [I32, I32, I64, V128], body };
}

const [ZERO, QUOTE, BACKSLASH, SPACE, TILDE] = [0x30, 0x22, 0x5c, 0x20, 0x7e] as const;
const BLOCK = 16;

/** Goes on behind `pattern`, in which `#` is any digit. */
function text(pattern: string): Code {
  const code: number[] = [];
  for (let from = 0; from < pattern.length; from += BLOCK) {
    const part = pattern.slice(from, from + BLOCK);
    const [least, more] = [Array<number>(BLOCK).fill(0), Array<number>(BLOCK).fill(255)];
    for (const [index, char] of [...part].entries()) {
      least[index] = char === '#' ? ZERO : char.charCodeAt(0);
      more[index] = char === '#' ? 9 : 0;
    }
    code.push(...get(AT), ...wasm.V128_LOAD, ...wasm.vector(least), ...wasm.I8X16_SUB);
    code.push(...wasm.vector(more), ...wasm.I8X16_LE_U, ...wasm.I8X16_ALL_TRUE, wasm.I32_EQZ);
    code.push(...when(...wasm.giveBack(-1)), ...advance(AT, constant(part.length)));
  }
  return code;
}

/** Leaves a bit for each of the sixteen bytes at `AT` that lies between `least` and `most`. */
const between = (least: number, most: number): Code => [
  ...[...get(AT), ...wasm.V128_LOAD, ...wasm.splat(least), ...wasm.I8X16_SUB],
  ...[...wasm.splat(most - least), ...wasm.I8X16_LE_U],
];

/** Leaves how many of the sixteen bytes at `AT` are digits before one is not. */
const countDigits: Code = [
  ...[...between(ZERO, ZERO + 9), ...wasm.I8X16_BITMASK],
  ...[...constant(0x1ffff), wasm.I32_XOR, wasm.I32_CTZ],
];

/** Goes on behind `0` or up to fifteen digits that do not begin with one, and puts their value to `factAt`. */
function count(factAt: number): Code {
  return [
    ...[...countDigits, ...tee(DIGITS), wasm.I32_EQZ],
    ...[...get(DIGITS), ...constant(15), wasm.I32_GT_U, wasm.I32_OR],
    ...[...get(DIGITS), ...constant(1), wasm.I32_GT_U],
    ...[...get(AT), ...wasm.I32_LOAD8_U, ...constant(ZERO), wasm.I32_EQ, wasm.I32_AND, wasm.I32_OR],
    ...when(...wasm.giveBack(-1)),
    ...[...wasm.longConstant(0), ...set(VALUE)],
    ...loop(
      ...[...get(VALUE), ...wasm.longConstant(10), wasm.I64_MUL],
      ...[...get(AT), ...wasm.I32_LOAD8_U, ...constant(ZERO), wasm.I32_SUB, wasm.I64_EXTEND_I32_U],
      ...[wasm.I64_ADD, ...set(VALUE), ...advance(AT, constant(1))],
      ...[...advance(DIGITS, constant(-1)), ...get(DIGITS)],
      ...when(...wasm.branch(1)),
    ),
    ...[...constant(factAt), ...get(VALUE), wasm.F64_CONVERT_I64_U, ...wasm.F64_STORE],
  ];
}

/** Goes on behind 1 to `most` digits; `most` lies between 16 and 31. */
function digits(most: number): Code {
  return [
    ...[...countDigits, ...tee(DIGITS), wasm.I32_EQZ],
    ...when(...wasm.giveBack(-1)),
    ...advance(AT, get(DIGITS)),
    ...[...get(DIGITS), ...constant(BLOCK), wasm.I32_EQ],
    ...when(
      ...[...countDigits, ...tee(DIGITS), ...constant(most - BLOCK), wasm.I32_GT_U],
      ...when(...wasm.giveBack(-1)),
      ...advance(AT, get(DIGITS)),
    ),
  ];
}

/** Goes on behind three digits if there is one. */
function microseconds(): Code {
  return [...countDigits, ...when(...text('###'))];
}

/** Goes on behind up to `most` bytes of ASCII that need no escape. */
function plain(most: number): Code {
  const special = (byte: number): Code => [
    ...[...get(BYTES), ...wasm.splat(byte), ...wasm.I8X16_EQ, ...wasm.V128_OR],
  ];
  return [
    ...[...constant(0), ...set(COUNT)],
    ...loop(
      ...[...get(AT), ...wasm.V128_LOAD, ...tee(BYTES), ...wasm.splat(SPACE), ...wasm.I8X16_LT_U],
      ...[...get(BYTES), ...wasm.splat(TILDE), ...wasm.I8X16_GT_U, ...wasm.V128_OR],
      ...[...special(QUOTE), ...special(BACKSLASH)],
      ...[...wasm.I8X16_BITMASK, ...constant(0x10000), wasm.I32_OR, wasm.I32_CTZ, ...tee(DIGITS)],
      ...[...get(COUNT), wasm.I32_ADD, ...tee(COUNT), ...constant(most), wasm.I32_GT_U],
      ...when(...wasm.giveBack(-1)),
      ...advance(AT, get(DIGITS)),
      ...[...get(DIGITS), ...constant(BLOCK), wasm.I32_EQ],
      ...when(...wasm.branch(1)),
    ),
  ];
}

/** Goes on behind 64 digits to the base of sixteen, small. */
function hash(): Code {
  const sixteen = [
    ...[...between(ZERO, ZERO + 9), ...between(0x61, 0x66), ...wasm.V128_OR],
    ...[...wasm.I8X16_ALL_TRUE, wasm.I32_EQZ, ...when(...wasm.giveBack(-1))],
    ...advance(AT, constant(BLOCK)),
  ];
  return [...sixteen, ...sixteen, ...sixteen, ...sixteen];
}
