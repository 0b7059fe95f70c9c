import { OrderbooksError } from '../../runtime/errors.ts';
import { type KustomizationImage, mergeImages } from './image.ts';
import { makeNode, textNode, type YamlDocument, type YamlNode } from './yaml/node.ts';
import { readYaml, YamlSyntaxError } from './yaml/read.ts';
import { writeYaml } from './yaml/write.ts';

export interface ImagesSet {
  /** The whole file as it is to be written. */
  readonly text: string;
  /** All images of the file, for the commit message. */
  readonly images: readonly KustomizationImage[];
}

/**
 * Sets `images:` in the text of a kustomization file. The file comes out as Kargo writes it: only its first document,
 * normalised in form, with its comments. Throws KUSTOMIZATION_UNREADABLE in Kargo's words.
 */
export function setImages(text: string, targets: readonly KustomizationImage[]): ImagesSet {
  const document = read(text);
  const root = mappingOf(document);
  const index = root.content.findIndex(
    ({ kind, value }, at) => at % 2 === 0 && kind === 'scalar' && value === 'images',
  );
  const old = index < 0 ? undefined : root.content[index + 1];
  const { named, written } = mergeImages(imagesOf(old, document), targets);
  const fresh = sequenceOf(written);
  if (old === undefined) root.content.push(makeNode('scalar', 'plain', 'images'), fresh);
  else {
    keepComments(old, fresh);
    fresh.style = old.style === 'flow' ? 'flow' : 'block';
    root.content[index + 1] = fresh;
  }
  return { text: writeYaml(document), images: named };
}

const KEYS = ['name', 'newName', 'tagSuffix', 'newTag', 'digest'] as const;

function read(text: string): YamlDocument {
  try {
    return readYaml(text);
  } catch (error) {
    if (!(error instanceof YamlSyntaxError)) throw error;
    throw unreadable(`could not unmarshal Kustomization file: ${error.message}`, error);
  }
}

function mappingOf({ root }: YamlDocument): YamlNode {
  if (root?.kind === 'mapping') return root;
  const problem =
    root?.kind === 'sequence'
      ? 'invalid index format: images'
      : 'cannot access nested field on scalar node';
  throw unreadable(`could not decode images field in Kustomization file: ${problem}`);
}

function imagesOf(node: YamlNode | undefined, document: YamlDocument): KustomizationImage[] {
  const list = resolved(node, document);
  if (list === undefined || isNull(list)) return [];
  if (list.kind !== 'sequence') throw undecodable(list, '[]types.Image');
  return list.content.map((item) => {
    const mapping = resolved(item, document);
    if (mapping === undefined || isNull(mapping)) return {};
    if (mapping.kind !== 'mapping') throw undecodable(mapping, 'types.Image');
    return imageOf(mapping, document);
  });
}

function imageOf(mapping: YamlNode, document: YamlDocument): KustomizationImage {
  const fields: Record<string, string> = {};
  for (const [index, key] of mapping.content.entries()) {
    if (index % 2 === 1) continue;
    const value = resolved(mapping.content[index + 1], document);
    if (value === undefined) continue;
    if (key.value === '<<' && value.kind === 'mapping') {
      Object.assign(fields, { ...imageOf(value, document), ...fields });
    } else if (KEYS.some((name) => name === key.value) && !isNull(value)) {
      if (value.kind !== 'scalar') throw undecodable(value, 'string');
      fields[key.value] = value.value;
    }
  }
  return fields;
}

function sequenceOf(images: readonly KustomizationImage[]): YamlNode {
  const list = makeNode('sequence', 'block');
  for (const image of images) {
    const entry = makeNode('mapping', 'block');
    for (const key of KEYS) {
      const value = image[key];
      if (value === undefined) continue;
      entry.content.push(makeNode('scalar', 'plain', key), textNode(value));
    }
    list.content.push(entry);
  }
  return list;
}

/** Comments stay where they were: at the same position of the list and the same key. */
function keepComments(from: YamlNode, to: YamlNode): void {
  Object.assign(to, { head: from.head, line: from.line, foot: from.foot });
  if (from.kind !== to.kind) return;
  if (to.kind === 'sequence') {
    for (const [index, item] of to.content.entries()) {
      const old = from.content[index];
      if (old !== undefined) keepComments(old, item);
    }
  }
  if (to.kind === 'mapping') {
    for (const [index, key] of to.content.entries()) {
      if (index % 2 === 1) continue;
      const at = from.content.findLastIndex(
        (old, place) => place % 2 === 0 && old.value === key.value,
      );
      const [old, value] = [from.content[at + 1], to.content[index + 1]];
      if (at >= 0 && old !== undefined && value !== undefined) keepComments(old, value);
    }
  }
}

function resolved(node: YamlNode | undefined, document: YamlDocument): YamlNode | undefined {
  if (node?.kind !== 'alias') return node;
  return anchored(document.root, node.value);
}

function anchored(node: YamlNode | undefined, anchor: string): YamlNode | undefined {
  if (node === undefined || node.anchor === anchor) return node;
  for (const child of node.content) {
    const found = anchored(child, anchor);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isNull({ kind, style, value }: YamlNode): boolean {
  return kind === 'scalar' && style === 'plain' && /^(~|null|Null|NULL|)$/.test(value);
}

function undecodable(node: YamlNode, type: string): OrderbooksError {
  const { value } = node;
  const tag = node.kind === 'scalar' ? '!!str' : node.kind === 'mapping' ? '!!map' : '!!seq';
  const shown = value.length > 10 ? `${value.slice(0, 7)}...` : value;
  const quoted = node.kind === 'scalar' ? ` \`${shown}\`` : '';
  return unreadable(
    `could not decode images field in Kustomization file: yaml: unmarshal errors:\n  line ${node.row}: cannot unmarshal ${tag}${quoted} into ${type}`,
  );
}

function unreadable(message: string, cause?: unknown): OrderbooksError {
  return new OrderbooksError('KUSTOMIZATION_UNREADABLE', message, { cause });
}
