import { readFile, writeFile } from 'node:fs/promises';
import { OrderbooksError } from '../../../runtime/errors.ts';
import { imageReference, type KustomizationImage } from '../../kustomize/image.ts';
import { findKustomization } from '../../kustomize/kustomization.ts';
import { setImages } from '../../kustomize/set-images.ts';
import type { StepContext, StepRunner } from '../step.ts';
import { type ImageUpdate, type KustomizeSetImageConfig, validateConfig } from './config.ts';
import { during, outcome } from './outcome.ts';
import { inside } from './work-folder.ts';

const KIND = 'kustomize-set-image';

/** Sets images in a kustomization file; without `images` all those of the Freight, with tag and digest. */
export const kustomizeSetImage: StepRunner = {
  kind: KIND,
  validate: (config) => validateConfig(KIND, config),
  run: (config, context) =>
    outcome(context, async () => {
      const { path, images = [] } = config as unknown as KustomizeSetImageConfig;
      const file = await during('could not discover kustomization file', async () =>
        findKustomization(inside(context.workDir, path), path),
      );
      const targets = images.length > 0 ? images.map(targetOf) : targetsOfFreight(context);
      const { text, images: named } = setImages(await readFile(file, 'utf8'), byName(targets));
      await writeFile(file, text);
      if (named.length === 0) return { status: 'Succeeded' };
      return { status: 'Succeeded', output: { commitMessage: commitMessage(path, named) } };
    }),
};

function targetOf({ image, name, newName, tag, digest }: ImageUpdate): KustomizationImage {
  const version = digest ? { digest } : { newTag: tag ?? '' };
  return { name: name || image, ...(newName ? { newName } : {}), ...version };
}

function targetsOfFreight(context: StepContext): readonly KustomizationImage[] {
  const seen = new Set<string>();
  for (const repository of Object.values(context.warehouseImages).flat()) {
    if (seen.has(repository)) {
      throw new OrderbooksError(
        'IMAGE_AMBIGUOUS',
        `manual configuration required due to ambiguous result: multiple requested Freight could potentially provide a container image from repository ${repository}`,
      );
    }
    seen.add(repository);
  }
  return context.freight.flatMap(({ images }) =>
    images.map(({ repoURL, tag, digest }) => ({
      name: repoURL,
      ...(tag ? { newTag: tag } : {}),
      ...(digest ? { digest } : {}),
    })),
  );
}

/** Of several entries for one name the last counts. */
function byName(targets: readonly KustomizationImage[]): readonly KustomizationImage[] {
  return [...new Map(targets.map((target) => [target.name, target])).values()];
}

function commitMessage(path: string, images: readonly KustomizationImage[]): string {
  const plural = images.length > 1 ? 's' : '';
  const lines = images.map((image) => `\n- ${imageReference(image)}`).join('');
  return `Updated ${path} to use new image${plural}\n${lines}`;
}
