import { blockHints } from './scalar.ts';

/** A text that grows, with what go-yaml's emitter keeps in mind of it to decide about spaces and line breaks. */
export class Page {
  text = '';
  column = 0;
  indent = -1;
  /** The last sign was white space, or nothing is on the line yet. */
  space = true;
  /** Nothing is on the line but indentation and dashes. */
  fresh = true;
  /** Column below whose comment a blank line is due. */
  footIndent = -1;

  /** Goes to the current indentation, on a new line unless the present one is still free. */
  toIndent(): void {
    const indent = Math.max(this.indent, 0);
    const used = this.column > indent || (this.column === indent && !this.space);
    if (!this.fresh || used) this.break();
    if (this.footIndent === indent) this.break();
    if (this.column < indent) this.put(' '.repeat(indent - this.column));
    this.space = true;
    this.footIndent = -1;
  }

  /** Puts a sign; says whether it needs a space before it, counts as space, and leaves the line free. */
  sign(text: string, needsSpace: boolean, isSpace: boolean, isIndent: boolean): void {
    if (needsSpace && !this.space) this.put(' ');
    this.put(text);
    this.space = isSpace;
    this.fresh = this.fresh && isIndent;
  }

  put(text: string): void {
    this.text += text;
    this.column += text.length;
  }

  break(): void {
    this.text += '\n';
    this.column = 0;
    this.fresh = true;
  }

  /** Puts a comment, of one line or several, and ends the line. */
  comment(text: string): void {
    for (const [index, line] of text.replace(/\n$/, '').split('\n').entries()) {
      if (index > 0) this.break();
      if (line === '') continue;
      if (index > 0) this.toIndent();
      this.put(line);
      this.fresh = false;
    }
    this.break();
    this.space = true;
  }

  singleQuoted(value: string): void {
    const [first = '', ...lines] = value.replaceAll("'", "''").split('\n');
    this.sign(`'${first}`, true, false, false);
    // A line break inside is written as a blank line; each further one as one more.
    let open = false;
    for (const line of lines) {
      if (!open) this.break();
      this.break();
      open = line === '';
      if (open) continue;
      this.toIndent();
      this.sign(line, false, false, false);
    }
    this.sign("'", false, false, false);
  }

  blockScalar(value: string, style: 'literal' | 'folded', comment: string): void {
    this.sign(`${style === 'literal' ? '|' : '>'}${blockHints(value)}`, true, false, false);
    if (comment === '') this.break();
    else {
      this.put(' ');
      this.comment(comment);
    }
    this.space = true;
    // go-yaml keeps folded lines apart by a blank line, the last one too, unless the text begins with white space.
    const apart = style === 'folded' && !/^\n*([ \t]|$)/.test(value);
    const lines = value.split('\n');
    const last = lines.pop() ?? '';
    for (const line of lines) {
      this.blockLine(line);
      if (apart && line !== '' && !/^[ \t]/.test(line)) this.break();
      this.break();
    }
    this.blockLine(last);
  }

  blockLine(line: string): void {
    if (line === '') return;
    this.toIndent();
    this.put(line);
    this.fresh = false;
  }
}
