/** Where the value of a key or index stands in a JSON text; `null` if there is none. */
export function spanOf(
  text: string,
  part: string,
): { readonly from: number; readonly to: number } | null {
  const start = skipSpace(text, 0);
  const open = text[start];
  if (open === '[') {
    return /^\d+$/.test(part) ? (items(text)[Number(part)] ?? null) : null;
  }
  if (open !== '{') return null;
  for (let at = skipSpace(text, start + 1); text[at] === '"'; ) {
    const keyEnd = endOfValue(text, at);
    const from = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const to = endOfValue(text, from);
    if (keyOf(text.slice(at, keyEnd)) === part) return { from, to };
    at = skipSpace(text, to);
    if (text[at] !== ',') return null;
    at = skipSpace(text, at + 1);
  }
  return null;
}

/** Where the items of a list stand in a text that begins with `[`. */
export function items(text: string): readonly { readonly from: number; readonly to: number }[] {
  const found: { from: number; to: number }[] = [];
  let at = skipSpace(text, skipSpace(text, 0) + 1);
  while (at < text.length && text[at] !== ']') {
    const to = endOfValue(text, at);
    found.push({ from: at, to });
    at = skipSpace(text, to);
    if (text[at] !== ',') break;
    at = skipSpace(text, at + 1);
  }
  return found;
}

function keyOf(quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    // The file is not looked at before it is changed: a key that is no JSON text matches nothing but itself.
    return quoted.slice(1, -1);
  }
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) <= 0x20) at += 1;
  return at;
}

function endOfValue(text: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const sign = text[at] ?? '';
    if (sign === '"') {
      at += 1;
      while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    } else if (sign === '{' || sign === '[') depth += 1;
    else if (sign === '}' || sign === ']') {
      if (depth === 0) return at;
      depth -= 1;
    } else if (depth === 0 && (sign === ',' || sign === ':' || sign <= ' ')) return at;
    at += 1;
    if (depth === 0 && /["}\]]/.test(text[at - 1] ?? '')) return at;
  }
  return at;
}
