/**
 * YAML as a tree that keeps comments and styles the way go-yaml keeps them: what Kargo reads of a kustomization
 * file and writes back (facts/expr-and-templates.md, Steps). Built by `readYaml`, changed in place, written by `writeYaml`.
 */
export interface YamlNode {
  kind: 'mapping' | 'sequence' | 'scalar' | 'alias';
  style: NodeStyle;
  /** A tag that is written, such as `!!str`; empty if the value says it all. */
  tag: string;
  anchor: string;
  /** Of a scalar, or the anchor that an alias names. */
  value: string;
  /** Keys and values in turn, or items. */
  content: YamlNode[];
  /** Comments above, on the line, and below; several lines joined by line breaks, each with its `#`. */
  head: string;
  line: string;
  foot: string;
  /** Line in the text it was read from, from 1; 0 if it was made. */
  row: number;
  /** Where it begins in that text, its anchor or tag included: a UTF-16 offset; of nothing, where it would stand. -1 if it was made. */
  offset: number;
}

export type NodeStyle = 'plain' | 'single' | 'double' | 'literal' | 'folded' | 'flow' | 'block';

export interface YamlDocument {
  head: string;
  foot: string;
  /** Missing in an empty document. */
  root: YamlNode | undefined;
}

export function makeNode(kind: YamlNode['kind'], style: NodeStyle, value = ''): YamlNode {
  const comments = { head: '', line: '', foot: '' };
  return { kind, style, value, tag: '', anchor: '', content: [], ...comments, row: 0, offset: -1 };
}

/** A text as go-yaml writes a string it was given: quoted if it would be read back as something else. */
export function textNode(value: string): YamlNode {
  return makeNode('scalar', readsAsText(value) ? 'plain' : 'double', value);
}

/** Whether a plain scalar is read as a string, by YAML 1.1's rules and 1.2's. */
function readsAsText(value: string): boolean {
  if (WORDS.has(value) || OLD_BOOLEANS.has(value)) return false;
  const digits = value.replaceAll('_', '');
  return ![INTEGER, FLOAT].some((form) => form.test(digits)) && !TIME_OR_SIXTY.test(value);
}

const WORDS: ReadonlySet<string> = new Set(
  ['', '~', 'null', 'Null', 'NULL', '<<']
    .concat(['true', 'True', 'TRUE', 'false', 'False', 'FALSE'])
    .concat(['.nan', '.NaN', '.NAN', '.inf', '.Inf', '.INF'])
    .concat(['+.inf', '+.Inf', '+.INF', '-.inf', '-.Inf', '-.INF']),
);
const OLD_BOOLEANS: ReadonlySet<string> = new Set(
  ['y', 'yes', 'on', 'n', 'no', 'off'].flatMap((word) => [
    word,
    word.charAt(0).toUpperCase() + word.slice(1),
    word.toUpperCase(),
  ]),
);
const INTEGER = /^[-+]?(0[bB][01]+|0[oO]?[0-7]+|0[xX][0-9a-fA-F]+|0|[1-9][0-9]*)$/;
const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const TIME_OR_SIXTY =
  /^([0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ][0-9:.]+([Zz]|[-+][0-9:]+)?)?|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?)$/;
