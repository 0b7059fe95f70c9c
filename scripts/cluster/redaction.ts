const HIDDEN = '[redacted]';
/** Shorter values would blot out ordinary words. */
const SHORTEST = 4;
/** A piece of base64 this long is no accident: nine bytes of a secret can be read from it. */
const PIECE = 12;

/** Knows the secret values of a run and takes them out of every text, in each form in which they travel. */
export class Redaction {
  readonly #forms = new Set<string>();
  /** Every piece of each base64 form: messages of a server may repeat a window of what it was sent, cut anywhere. */
  readonly #pieces = new Set<string>();

  /** From here on no text that passes through `text` holds `value`, nor a line, base64, URL or JSON form of it. */
  add(value: string): void {
    for (const part of new Set([value, value.trim(), ...value.split(/\r?\n/)])) {
      if (part.trim().length < SHORTEST) continue;
      this.#forms.add(part);
      this.#forms.add(encodeURIComponent(part));
      this.#forms.add(JSON.stringify(part).slice(1, -1));
      for (const encoding of ['base64', 'base64url'] as const) {
        this.#encoded(Buffer.from(part).toString(encoding));
      }
    }
  }

  text(text: string): string {
    let clean = text;
    // Longest first: a part of a form must not leave its rest behind.
    for (const form of [...this.#forms].sort((left, right) => right.length - left.length)) {
      clean = clean.replaceAll(form, HIDDEN);
    }
    return this.#withoutPieces(clean);
  }

  #encoded(form: string): void {
    this.#forms.add(form);
    for (let from = 0; from + PIECE <= form.length; from += 1) {
      this.#pieces.add(form.slice(from, from + PIECE));
    }
  }

  #withoutPieces(text: string): string {
    let clean = '';
    let kept = 0;
    for (let at = 0; at + PIECE <= text.length; at += 1) {
      if (!this.#pieces.has(text.slice(at, at + PIECE))) continue;
      let end = at + PIECE;
      while (this.#pieces.has(text.slice(end + 1 - PIECE, end + 1))) end += 1;
      clean += text.slice(kept, at) + HIDDEN;
      kept = end;
      at = end - 1;
    }
    return clean + text.slice(kept);
  }
}
