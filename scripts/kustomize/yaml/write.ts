import type { YamlDocument, YamlNode } from './node.ts';
import { Page } from './page.ts';
import {
  allowedStyle,
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
  readonly #page = new Page();
  #flowLevel = 0;
  #head = '';
  #line = '';
  #foot = '';
  #tail = '';
  #keyLine = '';

  document({ head, foot, root }: YamlDocument): string {
    this.#head = head;
    if (head !== '') {
      this.#writeHead();
      this.#page.break();
    }
    if (root !== undefined) {
      this.#expect(root);
      this.#writeHead();
      this.#node(root, { isKey: false, inMapping: false, inSequence: false });
    }
    this.#foot = foot === '' ? this.#foot : foot;
    this.#page.footIndent = 0;
    this.#writeFoot();
    this.#page.footIndent = -1;
    this.#page.toIndent();
    return this.#page.text;
  }

  #node(node: YamlNode, where: Where): void {
    const isCollection = node.kind === 'mapping' || node.kind === 'sequence';
    if (node.kind === 'alias') this.#page.sign(`*${node.value}`, true, false, false);
    else if (node.anchor !== '') this.#page.sign(`&${node.anchor}`, true, false, false);
    if (node.tag !== '') this.#page.sign(node.tag, true, false, false);
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
    const before = this.#page.indent;
    const compact = where.inMapping && (this.#page.column === 0 || !this.#page.fresh);
    this.#deepen(where, compact);
    for (const item of node.content) {
      this.#expect(item);
      this.#writeHead();
      this.#page.toIndent();
      this.#page.sign('-', true, false, true);
      this.#node(item, {
        isKey: false,
        inMapping: false,
        inSequence: true,
        after: () => this.#writeLineAndFoot(),
      });
    }
    this.#page.indent = before;
    this.#expectEnd(node);
  }

  #blockMapping(node: YamlNode, where: Where): void {
    const before = this.#page.indent;
    this.#deepen(where, false);
    let tail = '';
    for (const [key, value] of pairsOf(node)) {
      this.#expect({ ...key, foot: '' });
      if (tail !== '') this.#tail = tail;
      tail = key.foot;
      this.#writeHead();
      this.#page.toIndent();
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
    this.#page.indent = before;
  }

  #key(key: YamlNode): void {
    const where = { isKey: true, inMapping: true, inSequence: false };
    if (isSimpleKey(key)) {
      this.#node(key, where);
      this.#page.sign(':', false, false, false);
      return;
    }
    this.#page.sign('?', true, false, true);
    this.#node(key, { ...where, isKey: false });
    this.#page.toIndent();
    this.#page.sign(':', true, false, true);
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
    this.#page.indent = before;
    if (this.#page.column === 0) this.#page.toIndent();
    this.#page.sign(']', false, false, false);
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
    if (comma && hasMore) this.#page.sign(',', false, false, false);
    this.#writeHead();
    this.#flowLevel -= 1;
    this.#page.indent = before;
    this.#page.sign('}', false, false, false);
    this.#writeLineAndFoot();
  }

  #openFlow(bracket: string): number {
    const before = this.#page.indent;
    this.#page.sign(bracket, true, true, false);
    this.#page.indent = this.#page.indent < 0 ? INDENT : this.#page.indent + INDENT;
    this.#flowLevel += 1;
    return before;
  }

  /** Writes one item; whether the next needs a comma before it (comments have it before themselves). */
  #flowItem(comma: boolean, write: () => void): boolean {
    if (comma) this.#page.sign(',', false, false, false);
    this.#writeHead();
    if (this.#page.column === 0) this.#page.toIndent();
    const before = this.#commas;
    write();
    return this.#commas === before;
  }

  #commas = 0;

  #flowComments(): void {
    if (this.#line === '' && this.#foot === '' && this.#tail === '') return;
    this.#commas += 1;
    this.#page.sign(',', false, false, false);
    this.#writeLineAndFoot();
  }

  #scalar(node: YamlNode, where: Where): void {
    const context: ScalarContext = { inFlow: this.#flowLevel > 0, isKey: where.isKey };
    const style = allowedStyle(node.value, scalarStyle(node), context);
    const before = this.#page.indent;
    if (this.#page.indent < 0) this.#page.indent = INDENT;
    else this.#page.indent += INDENT;
    if (style === 'literal' || style === 'folded') {
      this.#page.blockScalar(node.value, style, this.#line);
      this.#line = '';
    } else if (style === 'double') this.#page.sign(doubleQuoted(node.value), true, false, false);
    else if (style === 'single') this.#page.singleQuoted(node.value);
    else if (node.value !== '') this.#page.sign(node.value, true, false, false);
    else this.#page.fresh = false;
    this.#page.indent = before;
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
      this.#page.toIndent();
      this.#page.comment(this.#tail);
      this.#tail = '';
      this.#page.footIndent = Math.max(this.#page.indent, 0);
    }
    if (this.#head === '') return;
    this.#page.toIndent();
    this.#page.comment(this.#head);
    this.#head = '';
  }

  #writeLineAndFoot(): void {
    this.#writeLine();
    this.#writeFoot();
  }

  #writeLine(): void {
    if (this.#line === '') return;
    if (!this.#page.space) this.#page.put(' ');
    this.#page.comment(this.#line);
    this.#line = '';
  }

  #writeFoot(): void {
    if (this.#foot === '') return;
    this.#page.toIndent();
    this.#page.comment(this.#foot);
    this.#foot = '';
    this.#page.footIndent = Math.max(this.#page.indent, 0);
  }

  #deepen(where: Where, compact: boolean): void {
    if (this.#page.indent < 0) this.#page.indent = 0;
    else if (where.inSequence) this.#page.indent += INDENT;
    else this.#page.indent += compact ? 0 : INDENT;
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
