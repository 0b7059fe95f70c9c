import { parseDocument } from 'yaml';
import { type KustomizationImage, mergeImages } from './image.ts';

export interface ImagesSet {
  readonly text: string;
  readonly images: readonly KustomizationImage[];
}

/** Sets `images:` in the text of a kustomization file. */
export function setImages(text: string, targets: readonly KustomizationImage[]): ImagesSet {
  const document = parseDocument(text);
  const current = document.toJS().images ?? [];
  const { named, written } = mergeImages(current, targets);
  document.set('images', document.createNode(written));
  return { text: document.toString({ lineWidth: 0, indentSeq: false }), images: named };
}
