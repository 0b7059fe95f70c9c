import { HEAD_FACTS, headFunction } from './frame-head.ts';
import { UNESCAPE_TABLE_BYTES, unescapeFunction, unescapeTables } from './unescape.ts';
import { moduleBytes } from './wasm-code.ts';

/** Bytes that `source` takes, and that `decode` may make. */
export const SOURCE_BYTES = 4_194_304;

/** The functions that read lines of frames, in WebAssembly, with their memory. */
export interface FrameCode {
  /** Where lines are put before; positions are in it, unless it is said otherwise. */
  readonly source: Buffer;
  /** Holds what the last call of `decode` made. */
  readonly target: Buffer;
  /** See `headFunction`: where the payload's text begins, or -1. */
  head(start: number): number;
  /** Of the last call of `head` that was not -1: sequence and connection sequence. */
  readonly counts: Float64Array;
  /** Of the same call: `idStart` to `hashStart` of `HEAD_FACTS`, in memory, where the source begins at `SOURCE_AT`. */
  readonly places: Int32Array;
  /** See `unescapeFunction`: the length of what the text at `start` says, or -1. */
  decode(start: number): number;
  /** Where the closing quote of the last text stands whose length was not -1. */
  textEnd(): number;
}

let made: Promise<FrameCode> | null = null;

/** The one of this thread: what is in its areas is good until the caller next awaits anything. */
export function frameCode(): Promise<FrameCode> {
  made ??= makeFrameCode();
  return made;
}

const PAGE_BYTES = 65_536;
const FACTS_AT = UNESCAPE_TABLE_BYTES;
const FACTS_BYTES = 48;
const TEXT_END_AT = FACTS_AT + FACTS_BYTES;
export const SOURCE_AT = PAGE_BYTES;
/** Between the areas and behind them lies a page of zeros: sixteen bytes are read and written at once. */
const TARGET_AT = SOURCE_AT + SOURCE_BYTES + PAGE_BYTES;
const PAGES = (TARGET_AT + SOURCE_BYTES) / PAGE_BYTES + 1;

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly head: (from: number) => number;
  readonly decode: (from: number, to: number) => number;
}

async function makeFrameCode(): Promise<FrameCode> {
  const functions = [headFunction(FACTS_AT), unescapeFunction(TEXT_END_AT)];
  const { instance } = await WebAssembly.instantiate(moduleBytes(functions, PAGES));
  const { memory, head, decode } = instance.exports as Exports;
  const { buffer } = memory;
  new Uint8Array(buffer).set(unescapeTables());
  const ends = new Int32Array(buffer, TEXT_END_AT, 1);
  return {
    source: Buffer.from(buffer, SOURCE_AT, SOURCE_BYTES),
    target: Buffer.from(buffer, TARGET_AT, SOURCE_BYTES),
    head(start) {
      const text = head(SOURCE_AT + start);
      return text === -1 ? -1 : text - SOURCE_AT;
    },
    counts: new Float64Array(buffer, FACTS_AT, 2),
    places: new Int32Array(buffer, FACTS_AT + HEAD_FACTS.idStart, 5),
    decode: (start) => decode(SOURCE_AT + start, TARGET_AT),
    textEnd: () => (ends[0] ?? 0) - SOURCE_AT,
  };
}

/** The part of the global that is used here; it is not among the types of ECMAScript. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array): Promise<{ readonly instance: { readonly exports: object } }>;
};
