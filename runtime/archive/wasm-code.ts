/**
 * A few of WebAssembly's instructions as bytes, by their names in its specification (section 5.4), and the module
 * around them (section 5.5). Only they compare sixteen bytes at once; a compiler for two functions would be more than
 * these lines.
 */
export type Code = readonly number[];

export const [UNREACHABLE, RETURN] = [0x00, 0x0f] as const;
export const [I32_EQZ, I32_EQ, I32_NE, I32_GT_U] = [0x45, 0x46, 0x47, 0x4b] as const;
export const [I32_CTZ, I32_POPCNT] = [0x68, 0x69] as const;
export const [I32_ADD, I32_SUB, I32_AND, I32_OR, I32_XOR] = [0x6a, 0x6b, 0x71, 0x72, 0x73] as const;
export const [I32_SHL, I32_SHR_U] = [0x74, 0x76] as const;
export const [I64_ADD, I64_MUL, I64_EXTEND_I32_U, F64_CONVERT_I64_U] = [
  0x7c, 0x7e, 0xad, 0xba,
] as const;
export const I32_LOAD8_U: Code = [0x2d, 0, 0];
export const I32_STORE8: Code = [0x3a, 0, 0];
export const I32_STORE: Code = [0x36, 0, 0];
export const F64_STORE: Code = [0x39, 0, 0];
export const V128_LOAD: Code = [0xfd, 0x00, 0, 0];
export const V128_STORE: Code = [0xfd, 0x0b, 0, 0];
export const V128_LOAD64_ZERO: Code = [0xfd, 0x5d, 0, 0];
export const V128_OR: Code = [0xfd, 0x50];
export const [I8X16_SWIZZLE, I8X16_SPLAT]: readonly [Code, Code] = [
  [0xfd, 0x0e],
  [0xfd, 0x0f],
];
export const [I8X16_EQ, I8X16_LT_U, I8X16_GT_U, I8X16_LE_U]: readonly [Code, Code, Code, Code] = [
  [0xfd, 0x23],
  [0xfd, 0x26],
  [0xfd, 0x28],
  [0xfd, 0x2a],
];
export const [I8X16_SUB, I8X16_ALL_TRUE, I8X16_BITMASK]: readonly [Code, Code, Code] = [
  [0xfd, 0x71],
  [0xfd, 0x63],
  [0xfd, 0x64],
];

export const [I32, I64, V128] = [0x7f, 0x7e, 0x7b] as const;
const NO_RESULT = 0x40;
const [LOOP, IF, BRANCH, CALL, BLOCK_END] = [0x03, 0x04, 0x0c, 0x10, 0x0b];

export const get = (local: number): Code => [0x20, local];
export const set = (local: number): Code => [0x21, local];
export const tee = (local: number): Code => [0x22, local];
export const constant = (value: number): Code => [0x41, ...signed(value)];
export const longConstant = (value: number): Code => [0x42, ...signed(value)];
/** Sixteen bytes. */
export const vector = (bytes: readonly number[]): Code => [0xfd, 0x0c, ...bytes];
export const splat = (byte: number): Code => [...constant(byte), ...I8X16_SPLAT];
/** Adds what `by` leaves on the stack to a local. */
export const advance = (local: number, by: Code): Code => [
  ...[...get(local), ...by, I32_ADD, ...set(local)],
];
export const loop = (...inside: number[]): Code => [LOOP, NO_RESULT, ...inside, BLOCK_END];
export const when = (...inside: number[]): Code => [IF, NO_RESULT, ...inside, BLOCK_END];
/** To the start of the loop that is `out` blocks further out. */
export const branch = (out: number): Code => [BRANCH, out];
export const call = (index: number): Code => [CALL, index];
export const giveBack = (value: number): Code => [...constant(value), RETURN];

/** A function that takes `parameters` numbers (the first locals) and gives one back. */
export interface WasmFunction {
  readonly name: string;
  readonly parameters: number;
  /** Types of its other locals. */
  readonly locals: readonly number[];
  readonly body: Code;
}

/** The module: one memory, called `memory`, and the functions, all exported. */
export function moduleBytes(functions: readonly WasmFunction[], pages: number): Uint8Array {
  const types = functions.map(({ parameters }) => [
    0x60,
    ...list(Array(parameters).fill([I32])),
    1,
    I32,
  ]);
  const codes = functions.map(({ locals, body }) =>
    sized([...list(locals.map((type) => [1, type])), ...body, BLOCK_END]),
  );
  const exports = functions.map(({ name }, index) => [...named(name), 0, index]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list(types)),
    ...section(3, list(functions.map((_, index) => [index]))),
    ...section(5, [1, 0x00, ...unsigned(pages)]),
    ...section(7, list([[...named('memory'), 2, 0], ...exports])),
    ...section(10, list(codes)),
  ]);
}

const list = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const section = (id: number, content: Code): Code => [id, ...sized(content)];
const sized = (content: Code): Code => [...unsigned(content.length), ...content];
const named = (name: string): Code => sized([...Buffer.from(name)]);

/** LEB128. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): Code {
  return value >= -0x40 && value < 0x40
    ? [value & 0x7f]
    : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}
