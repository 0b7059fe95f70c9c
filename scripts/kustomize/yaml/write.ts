import type { YamlDocument, YamlNode } from './node.ts';
import {
  allowedStyle,
  blockHints,
  doubleQuoted,
  hasSeveralLines,
  INDENT,
  type ScalarContext,
  type ScalarStyle,
} from './scalar.ts';

/**
 * Writes a document as Kargo writes a kustomization file: two spaces, lists at the column of their key, no blank
 * lines but those that keep a comment below something apart, lines never folded.
 */
export function writeYaml(document: YamlDocument): string {
  return new Writer().document(document);
}

/** A longer key is written after `?`. */
const LONGEST_KEY_BYTES = 128;

/** Keeps the column and the comments that are waiting for their place, as go-yaml's emitter does. */
class Writer {
  #text = '';
  #column = 0;
  #indent = -1;
  #flowLevel = 0;
  /** The last sign was white space, or nothing is on the line yet. */
  #space = true;
  /** Nothing is on the line but indentation and dashes. */
  #fresh = true;
  /** Column below whose comment a blank line is due. */
  #footIndent = -1;
  #head = '';
  #line = '';
  #foot = '';
  #tail = '';
  #keyLine = '';

  document({ head, foot, root }: YamlDocument): string {
    this.#head = head;
    if (head !== '') {
      this.#writeHead();
      this.#break();
    }
    if (root !== undefined) {
      this.#expect(root);
      this.#writeHead();
      this.#node(root, { isKey: false, inMapping: false, inSequence: false });
    }
    this.#foot = foot === '' ? this.#foot : foot;
    this.#footIndent = 0;
    this.#writeFoot();
    this.#footIndent = -1;
    this.#toIndent();
    return this.#text;
  }

  #node(node: YamlNode, where: Where): void {
    const isCollection = node.kind === 'mapping' || node.kind === 'sequence';
    if (node.kind === 'alias') this.#sign(`*${node.value}`, true, false, false);
    else if (node.anchor !== '') this.#sign(`&${node.anchor}`, true, false, false);
    if (node.tag !== '') this.#sign(node.tag, true, false, false);
    if (!isCollection) {
      if (node.kind === 'scalar') this.#scalar(node, where);
      if (!where.isKey) where.after?.();
      return;
    }
    where.after?.();
    const asFlow = this.#flowLevel > 0 || node.style === 'flow' || node.content.length === 0;
    if (asFlow && node.kind === 'sequence') this.#flowSequence(node);
    else if (asFlow) this.#flowMapping(node);
    else if (node.kind === 'sequence') this.#blockSequence(node, where);
    else this.#blockMapping(node, where);
  }

  #blockSequence(node: YamlNode, where: Where): void {
    const before = this.#indent;
    const compact = where.inMapping && (this.#column === 0 || !this.#fresh);
    this.#deepen(where, compact);
    for (const item of node.content) {
      this.#expect(item);
      this.#writeHead();
      this.#toIndent();
      this.#sign('-', true, false, true);
      this.#node(item, {
        isKey: false,
        inMapping: false,
        inSequence: true,
        after: () => this.#writeLineAndFoot(),
      });
    }
    this.#indent = before;
    this.#expectEnd(node);
  }

  #blockMapping(node: YamlNode, where: Where): void {
    const before = this.#indent;
    this.#deepen(where, false);
    let tail = '';
    for (const [key, value] of pairsOf(node)) {
      this.#expect({ ...key, foot: '' });
      if (tail !== '') this.#tail = tail;
      tail = key.foot;
      this.#writeHead();
      this.#toIndent();
      if (this.#line !== '') {
        this.#keyLine = this.#line;
        this.#line = '';
      }
      this.#key(key);
      this.#expect(value);
      this.#placeKeyLine(value);
      this.#node(value, {
        isKey: false,
        inMapping: true,
        inSequence: false,
        after: () => this.#writeLineAndFoot(),
      });
    }
    if (tail !== '') this.#tail = tail;
    this.#expectEnd(node);
    this.#writeHead();
    this.#indent = before;
  }

  #key(key: YamlNode): void {
    const where = { isKey: true, inMapping: true, inSequence: false };
    if (isSimpleKey(key)) {
      this.#node(key, where);
      this.#sign(':', false, false, false);
      return;
    }
    this.#sign('?', true, false, true);
    this.#node(key, { ...where, isKey: false });
    this.#toIndent();
    this.#sign(':', true, false, true);
  }

  /** A comment on the line of a key whose value begins below. */
  #placeKeyLine(value: YamlNode): void {
    if (this.#keyLine === '') return;
    if (value.kind === 'scalar') {
      if (this.#line !== '') return;
      this.#line = this.#keyLine;
      this.#keyLine = '';
    } else if (value.style === 'block') {
      const own = this.#line;
      this.#line = this.#keyLine;
      this.#writeLine();
      this.#line = own;
      this.#keyLine = '';
    }
  }

  #flowSequence(node: YamlNode): void {
    const before = this.#openFlow('[');
    let comma = false;
    for (const item of node.content) {
      this.#expect(item);
      comma = this.#flowItem(comma, () =>
        this.#node(item, {
          isKey: false,
          inMapping: false,
          inSequence: true,
          after: () => this.#flowComments(),
        }),
      );
    }
    this.#expectEnd(node);
    this.#flowLevel -= 1;
    this.#indent = before;
    if (this.#column === 0) this.#toIndent();
    this.#sign(']', false, false, false);
    this.#writeLineAndFoot();
  }

  #flowMapping(node: YamlNode): void {
    const before = this.#openFlow('{');
    let comma = false;
    for (const [key, value] of pairsOf(node)) {
      this.#expect({ ...key, foot: '' });
      comma = this.#flowItem(comma, () => {
        this.#key(key);
        this.#expect(value);
        if (key.foot !== '') this.#foot = key.foot;
        this.#node(value, {
          isKey: false,
          inMapping: true,
          inSequence: false,
          after: () => this.#flowComments(),
        });
      });
    }
    this.#expectEnd(node);
    const hasMore = this.#head !== '' || this.#foot !== '' || this.#tail !== '';
    if (comma && hasMore) this.#sign(',', false, false, false);
    this.#writeHead();
    this.#flowLevel -= 1;
    this.#indent = before;
    this.#sign('}', false, false, false);
    this.#writeLineAndFoot();
  }

  #openFlow(bracket: string): number {
    const before = this.#indent;
    this.#sign(bracket, true, true, false);
    this.#indent = this.#indent < 0 ? INDENT : this.#indent + INDENT;
    this.#flowLevel += 1;
    return before;
  }

  /** Writes one item; whether the next needs a comma before it (comments have it before themselves). */
  #flowItem(comma: boolean, write: () => void): boolean {
    if (comma) this.#sign(',', false, false, false);
    this.#writeHead();
    if (this.#column === 0) this.#toIndent();
    const before = this.#commas;
    write();
    return this.#commas === before;
  }

  #commas = 0;

  #flowComments(): void {
    if (this.#line === '' && this.#foot === '' && this.#tail === '') return;
    this.#commas += 1;
    this.#sign(',', false, false, false);
    this.#writeLineAndFoot();
  }

  #scalar(node: YamlNode, where: Where): void {
    const context: ScalarContext = { inFlow: this.#flowLevel > 0, isKey: where.isKey };
    const style = allowedStyle(node.value, scalarStyle(node), context);
    const before = this.#indent;
    if (this.#indent < 0) this.#indent = INDENT;
    else this.#indent += INDENT;
    if (style === 'literal' || style === 'folded') this.#blockScalar(node.value, style);
    else if (style === 'double') this.#sign(doubleQuoted(node.value), true, false, false);
    else if (style === 'single') this.#singleQuoted(node.value);
    else if (node.value !== '') this.#sign(node.value, true, false, false);
    else this.#fresh = false;
    this.#indent = before;
  }

  #singleQuoted(value: string): void {
    const [first = '', ...lines] = value.replaceAll("'", "''").split('\n');
    this.#sign(`'${first}`, true, false, false);
    // A line break inside is written as a blank line; each further one as one more.
    let open = false;
    for (const line of lines) {
      if (!open) this.#break();
      this.#break();
      open = line === '';
      if (open) continue;
      this.#toIndent();
      this.#sign(line, false, false, false);
    }
    this.#sign("'", false, false, false);
  }

  #blockScalar(value: string, style: 'literal' | 'folded'): void {
    this.#sign(`${style === 'literal' ? '|' : '>'}${blockHints(value)}`, true, false, false);
    if (this.#line === '') this.#break();
    else this.#writeLine();
    this.#space = true;
    // go-yaml keeps folded lines apart by a blank line, the last one too, unless the text begins with white space.
    const apart = style === 'folded' && !/^\n*([ \t]|$)/.test(value);
    const lines = value.split('\n');
    const last = lines.pop() ?? '';
    for (const line of lines) {
      this.#blockLine(line);
      if (apart && line !== '' && !/^[ \t]/.test(line)) this.#break();
      this.#break();
    }
    this.#blockLine(last);
  }

  #blockLine(line: string): void {
    if (line === '') return;
    this.#toIndent();
    this.#put(line);
    this.#fresh = false;
  }

  #expect({ head, line, foot, kind }: YamlNode): void {
    if (head !== '') this.#head = head;
    if (kind === 'mapping' || kind === 'sequence') return;
    if (line !== '') this.#line = line;
    if (foot !== '') this.#foot = foot;
  }

  #expectEnd({ line, foot }: YamlNode): void {
    if (line !== '') this.#line = line;
    if (foot !== '') this.#foot = foot;
  }

  #writeHead(): void {
    if (this.#tail !== '') {
      this.#toIndent();
      this.#comment(this.#tail);
      this.#tail = '';
      this.#footIndent = Math.max(this.#indent, 0);
    }
    if (this.#head === '') return;
    this.#toIndent();
    this.#comment(this.#head);
    this.#head = '';
  }

  #writeLineAndFoot(): void {
    this.#writeLine();
    this.#writeFoot();
  }

  #writeLine(): void {
    if (this.#line === '') return;
    if (!this.#space) this.#put(' ');
    this.#comment(this.#line);
    this.#line = '';
  }

  #writeFoot(): void {
    if (this.#foot === '') return;
    this.#toIndent();
    this.#comment(this.#foot);
    this.#foot = '';
    this.#footIndent = Math.max(this.#indent, 0);
  }

  #comment(text: string): void {
    for (const [index, line] of text.replace(/\n$/, '').split('\n').entries()) {
      if (index > 0) this.#break();
      if (line === '') continue;
      if (index > 0) this.#toIndent();
      this.#put(line);
      this.#fresh = false;
    }
    this.#break();
    this.#space = true;
  }

  #deepen(where: Where, compact: boolean): void {
    if (this.#indent < 0) this.#indent = 0;
    else if (where.inSequence) this.#indent += INDENT;
    else this.#indent += compact ? 0 : INDENT;
  }

  #toIndent(): void {
    const indent = Math.max(this.#indent, 0);
    const used = this.#column > indent || (this.#column === indent && !this.#space);
    if (!this.#fresh || used) this.#break();
    if (this.#footIndent === indent) this.#break();
    if (this.#column < indent) this.#put(' '.repeat(indent - this.#column));
    this.#space = true;
    this.#footIndent = -1;
  }

  #sign(text: string, needsSpace: boolean, isSpace: boolean, isIndent: boolean): void {
    if (needsSpace && !this.#space) this.#put(' ');
    this.#put(text);
    this.#space = isSpace;
    this.#fresh = this.#fresh && isIndent;
  }

  #put(text: string): void {
    this.#text += text;
    this.#column += text.length;
  }

  #break(): void {
    this.#text += '\n';
    this.#column = 0;
    this.#fresh = true;
  }
}

interface Where {
  readonly isKey: boolean;
  readonly inMapping: boolean;
  readonly inSequence: boolean;
  /** Writes the comments that belong on the line of what was just begun. */
  readonly after?: () => void;
}

function scalarStyle(node: YamlNode): ScalarStyle {
  const { style, value } = node;
  if (style === 'flow' || style === 'block') return 'plain';
  return style === 'plain' && value.includes('\n') ? 'literal' : style;
}

function isSimpleKey({ kind, content, value, anchor, tag }: YamlNode): boolean {
  if (content.length > 0 || (kind === 'scalar' && hasSeveralLines(value))) return false;
  return Buffer.byteLength(`${value}${anchor}${tag}`) <= LONGEST_KEY_BYTES;
}

function* pairsOf({ content }: YamlNode): Generator<readonly [YamlNode, YamlNode]> {
  for (let index = 0; index + 1 < content.length; index += 2) {
    const [key, value] = [content[index], content[index + 1]];
    if (key !== undefined && value !== undefined) yield [key, value];
  }
}
