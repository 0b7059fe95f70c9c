/** How a YAML scalar is written. */
export type ScalarStyle = 'plain' | 'single-quoted' | 'double-quoted' | 'block';

/**
 * For each UTF-16 unit of a scalar's text, the offset in `source` (the scalar as written, from its first quote or block
 * header) of what it comes from. Blanks that folding made stand for a line break; their offsets are near it. `null`
 * where the two cannot be brought together.
 */
export function scalarOffsets(
  source: string,
  text: string,
  style: ScalarStyle,
): readonly number[] | null {
  const offsets: number[] = [];
  let at = start(source, style);
  for (let unit = 0; unit < text.length; ) {
    const piece = pieceAt(source, at, style);
    if (piece === null) {
      // A trailing line break may be made up by the block's header.
      if (text.slice(unit).trim() !== '') return null;
      offsets.push(source.length);
      unit += 1;
    } else if (piece.text !== '' && text.startsWith(piece.text, unit)) {
      for (let index = 0; index < piece.text.length; index += 1) offsets.push(at);
      unit += piece.text.length;
      at += piece.length;
    } else if (isBlank(piece.text)) {
      // Indentation, folding: the blank stands in the source only.
      at += piece.length;
    } else if (isBlank(text[unit] ?? '')) {
      // A folded line break whose own blanks are used up.
      offsets.push(at);
      unit += 1;
    } else return null;
  }
  return offsets;
}

function start(source: string, style: ScalarStyle): number {
  if (style === 'plain') return 0;
  if (style !== 'block') return 1;
  const lineEnd = source.indexOf('\n');
  return lineEnd < 0 ? source.length : lineEnd + 1;
}

interface Piece {
  /** What it stands for. */
  readonly text: string;
  /** How much of the source it takes. */
  readonly length: number;
}

function pieceAt(source: string, at: number, style: ScalarStyle): Piece | null {
  const character = source[at];
  if (character === undefined) return null;
  if (style === 'single-quoted' && character === "'") {
    return source[at + 1] === "'" ? { text: "'", length: 2 } : null;
  }
  if (style === 'double-quoted' && character === '"') return null;
  if (style === 'double-quoted' && character === '\\') return escapeAt(source, at);
  return { text: character, length: 1 };
}

const ESCAPES: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  '\t': '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  '/': '/',
  '\\': '\\',
  N: '\x85',
  _: '\xa0',
  L: '\u2028',
  P: '\u2029',
};
const CODE_LENGTHS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

function escapeAt(source: string, at: number): Piece {
  const kind = source[at + 1] ?? '';
  // An escaped line break stands for nothing.
  if (kind === '\n') return { text: ' ', length: 2 };
  const digits = CODE_LENGTHS[kind];
  if (digits === undefined) return { text: ESCAPES[kind] ?? kind, length: 2 };
  const code = Number.parseInt(source.slice(at + 2, at + 2 + digits), 16);
  const text = code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
  return { text, length: 2 + digits };
}

function isBlank(text: string): boolean {
  return text.length > 0 && text.trim() === '';
}
