import { CST, Parser, parseAllDocuments } from 'yaml';
import { OrderbooksError } from '../../../runtime/errors.ts';
import { attachComments, type Place, type Places } from './attach.ts';
import { makeNode, type NodeStyle, type YamlDocument, type YamlNode } from './node.ts';
import { tokensOf } from './token.ts';

/** A text that is no YAML; `line` counts from 1 and is 0 where go-yaml tells none. */
export class YamlSyntaxError extends OrderbooksError {
  readonly line: number;

  constructor(line: number, problem: string) {
    super('YAML_SYNTAX', `yaml: ${line === 0 ? '' : `line ${line}: `}${problem}`);
    this.line = line;
  }
}

/** Reads the first document of a text. Throws YamlSyntaxError. */
export function readYaml(text: string): YamlDocument {
  refuseBadSyntax(text);
  const places: Places = new Map();
  let root: YamlNode | undefined;
  for (const token of new Parser().parse(text)) {
    if (token.type !== 'document') continue;
    root = token.value === undefined ? undefined : nodeOf(token.value, token.start, places);
    break;
  }
  const document: YamlDocument = { head: '', foot: '', root };
  attachComments(document, tokensOf(text), places);
  return document;
}

function refuseBadSyntax(text: string): void {
  const parsed = parseAllDocuments(text, { uniqueKeys: false, logLevel: 'silent' });
  const [error] = 'empty' in parsed ? [] : (parsed[0]?.errors ?? []);
  if (error === undefined) return;
  const end = text.trimEnd();
  if (/[[{,:]$/.test(end) && error.pos[0] >= end.length) {
    // go-yaml counts from 0 where the fault is at the end.
    const line = text.slice(0, error.pos[0]).split('\n').length - 1;
    throw new YamlSyntaxError(line, 'did not find expected node content');
  }
  const line = error.linePos?.[0].line ?? 1;
  throw new YamlSyntaxError(line, error.message.split(/ at line \d+/)[0] ?? error.message);
}

type Part = CST.Token | null | undefined;

function nodeOf(part: Part, properties: readonly CST.SourceToken[], places: Places): YamlNode {
  const node = bare(part, places);
  const anchor = properties.find(({ type }) => type === 'anchor');
  const tag = properties.find(({ type }) => type === 'tag');
  node.anchor = anchor?.source.slice(1) ?? '';
  if (tag !== undefined && tag.source !== '!') node.tag = tag.source;
  node.offset =
    properties.find(({ type }) => type === 'anchor' || type === 'tag')?.offset ??
    places.get(node)?.start ??
    endOf(properties.findLast(({ type }) => INDICATORS.has(type)));
  return node;
}

/** After which a value stands. */
const INDICATORS: ReadonlySet<string> = new Set(['map-value-ind', 'seq-item-ind']);

function endOf(token: CST.SourceToken | undefined): number {
  return token === undefined ? -1 : token.offset + token.source.length;
}

function bare(part: Part, places: Places): YamlNode {
  switch (part?.type) {
    case 'block-map':
      return blockMapping(part, places);
    case 'block-seq':
      return blockSequence(part, places);
    case 'flow-collection':
      return flowCollection(part, places);
    case 'alias':
      return placed(makeNode('alias', 'plain', part.source.slice(1)), places, part.offset);
    case 'block-scalar': {
      const header = part.props.find(({ type }) => type === 'block-scalar-header');
      const node = scalarNode(part);
      return placed(node, places, header?.offset ?? part.offset);
    }
    case 'scalar':
    case 'single-quoted-scalar':
    case 'double-quoted-scalar': {
      const node = scalarNode(part);
      if (node.style === 'plain' && node.value === '<<') node.tag = '!!merge';
      return placed(node, places, part.offset);
    }
    default:
      return makeNode('scalar', 'plain');
  }
}

function placed(
  node: YamlNode,
  places: Places,
  start: number,
  more: Partial<Place> = {},
): YamlNode {
  places.set(node, { start, marks: [], close: start, ...more });
  return node;
}

const STYLES: Readonly<Record<string, NodeStyle>> = {
  PLAIN: 'plain',
  QUOTE_SINGLE: 'single',
  QUOTE_DOUBLE: 'double',
  BLOCK_LITERAL: 'literal',
  BLOCK_FOLDED: 'folded',
};

function scalarNode(part: CST.FlowScalar | CST.BlockScalar): YamlNode {
  const resolved = CST.resolveAsScalar(part, false);
  return makeNode('scalar', STYLES[resolved?.type ?? 'PLAIN'] ?? 'plain', resolved?.value ?? '');
}

function blockMapping(part: CST.BlockMap, places: Places): YamlNode {
  const node = makeNode('mapping', 'block');
  const marks: number[] = [];
  for (const { start, key, sep = [], value } of part.items) {
    if (key === undefined && sep.length === 0) continue;
    node.content.push(nodeOf(key, start, places), nodeOf(value, sep, places));
    marks.push(offsetOf(sep, 'map-value-ind') ?? key?.offset ?? part.offset);
  }
  const first = node.content[0];
  const start = (first === undefined ? undefined : places.get(first)?.start) ?? marks[0];
  return placed(node, places, start ?? part.offset, { marks });
}

function blockSequence(part: CST.BlockSequence, places: Places): YamlNode {
  const node = makeNode('sequence', 'block');
  const marks: number[] = [];
  for (const { start, value } of part.items) {
    const dash = offsetOf(start, 'seq-item-ind');
    if (dash === undefined) continue;
    node.content.push(nodeOf(value, start, places));
    marks.push(dash);
  }
  return placed(node, places, marks[0] ?? part.offset, { marks });
}

function flowCollection(part: CST.FlowCollection, places: Places): YamlNode {
  const isMapping = part.start.source === '{';
  const node = makeNode(isMapping ? 'mapping' : 'sequence', 'flow');
  for (const { start, key, sep = [], value } of part.items) {
    if (key === undefined && sep.length === 0 && value === undefined) continue;
    if (isMapping) {
      node.content.push(nodeOf(key, start, places), nodeOf(value, sep, places));
    } else if (key !== undefined || sep.length > 0) {
      const pair = makeNode('mapping', 'flow');
      pair.content.push(nodeOf(key, start, places), nodeOf(value, sep, places));
      node.content.push(placed(pair, places, key?.offset ?? part.offset));
    } else {
      node.content.push(nodeOf(value, start, places));
    }
  }
  const close = part.end.find(({ type }) => type === 'flow-map-end' || type === 'flow-seq-end');
  return placed(node, places, part.offset, { close: close?.offset ?? part.offset });
}

function offsetOf(tokens: readonly CST.SourceToken[], type: string): number | undefined {
  return tokens.find((token) => token.type === type)?.offset;
}
