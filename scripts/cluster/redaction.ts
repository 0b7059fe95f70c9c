const HIDDEN = '[redacted]';
/** Shorter values would blot out ordinary words. */
const SHORTEST = 4;

/** Knows the secret values of a run and takes them out of every text, in each form in which they travel. */
export class Redaction {
  readonly #forms = new Set<string>();

  /** From here on no text that passes through `text` holds `value`, nor a line, base64, URL or JSON form of it. */
  add(value: string): void {
    for (const part of new Set([value, value.trim(), ...value.split(/\r?\n/)])) {
      if (part.trim().length < SHORTEST) continue;
      this.#forms.add(part);
      this.#forms.add(encodeURIComponent(part));
      this.#forms.add(JSON.stringify(part).slice(1, -1));
      this.#forms.add(Buffer.from(part).toString('base64'));
      this.#forms.add(Buffer.from(part).toString('base64url'));
    }
  }

  text(text: string): string {
    let clean = text;
    // Longest first: a part of a form must not leave its rest behind.
    for (const form of [...this.#forms].sort((left, right) => right.length - left.length)) {
      clean = clean.replaceAll(form, HIDDEN);
    }
    return clean;
  }
}
