import { afterAll, describe, expect, it } from 'vitest';
import { writeCombination } from '../../scripts/kustomize/combinations.ts';
import { SETTINGS, settingsOf } from '../settings.ts';
import { podsOf } from './pods.ts';
import { render } from './render.ts';
import { copyManifests } from './tree.ts';

const tree = await copyManifests();
afterAll(() => tree.remove());

const COMPONENT = 'kargo/components/pinned-verifier';
const PINNED = `${SETTINGS.imageRepository}@${settingsOf(COMPONENT)['imageDigest']}`;

describe('with a pinned verifier', () => {
  it('every verification runs the chosen image and says so, and judges the promoted digest as before', async () => {
    const components = [COMPONENT];
    const one = { name: 'pinned', kustomization: 'kargo', components, requires: [] };
    const objects = render(await writeCombination(tree.root, one), tree.root);
    const verifiers = podsOf(objects).filter(({ component }) => component === 'verifier');
    const usual = podsOf(render('kargo')).filter(({ component }) => component === 'verifier');
    expect(verifiers).toHaveLength(usual.length);
    for (const { spec } of verifiers) {
      for (const container of spec.containers as unknown as readonly {
        readonly image: string;
        readonly args: readonly string[];
        readonly env: readonly { readonly name: string; readonly value?: string }[];
      }[]) {
        expect(container.image).toBe(PINNED);
        expect(container.env).toContainEqual({ name: 'ORDERBOOKS_IMAGE', value: PINNED });
        expect(container.args).toContain('--image-digest={{args.image-digest}}');
      }
    }
  });
});
