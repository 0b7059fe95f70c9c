import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { findKustomize } from '../../../scripts/kustomize/program.ts';
import { judge } from '../../../scripts/validate/judge.ts';
import { tryMutations } from '../../../scripts/validate/mutations/run.ts';
import { renderer } from '../../../scripts/validate/renderer.ts';
import { renderAll } from '../../../scripts/validate/rendering.ts';
import { readSources, realFolder } from '../../../scripts/validate/sources.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const TODAY = '2026-11-21';

/** `npm run validate:mutations` tries hundreds; here are as many as take a few seconds. */
it('finds nearly every way to break the bundle, and nothing in the sound one', async () => {
  const root = await realFolder(ROOT);
  const { files } = await readSources(root);
  await using rendering = await renderer(await findKustomize());
  const renders = await renderAll(root, files, rendering);
  expect(judge(files, renders, { house: true, today: TODAY }).drafts).toEqual([]);
  const outcomes = tryMutations({ files, renders }, { count: 42, seed: 7, today: TODAY });
  expect(outcomes).toHaveLength(42);
  const survivors = outcomes.filter(({ rules }) => rules.length === 0);
  // At most 5 % may stay unfound.
  expect(survivors.map(({ mutation }) => mutation).slice(2)).toEqual([]);
}, 120_000);
