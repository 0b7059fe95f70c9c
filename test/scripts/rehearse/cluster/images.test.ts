import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ImageStore } from '../../../../scripts/rehearse/cluster/images.ts';

const REPOSITORY = 'registry.example.com/data/orderbooks';

describe('the images of the local cluster', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'orderbooks-images-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const source = async (name: string, program: string): Promise<string> => {
    const tree = join(folder, name);
    await mkdir(join(tree, 'runtime', 'deep'), { recursive: true });
    await mkdir(join(tree, 'node_modules'));
    await writeFile(join(tree, 'runtime', 'main.ts'), program);
    await writeFile(join(tree, 'runtime', 'deep', 'part.ts'), '');
    await writeFile(join(tree, 'package.json'), '{}');
    await writeFile(join(tree, 'README.md'), name);
    return tree;
  };
  const image = async (store: ImageStore, name: string, program: string, revision: string) =>
    store.add({
      repository: REPOSITORY,
      tag: name,
      revision,
      sourceFolder: await source(`${name}-${revision}`, program),
    });

  it('have the same digest for the same content and revision, wherever they are built', async () => {
    const first = await image(new ImageStore(join(folder, 'a')), 'one', 'x', 'r1');
    const other = new ImageStore(join(folder, 'b'));
    expect((await image(other, 'two', 'x', 'r1')).digest).toBe(first.digest);
    expect((await image(other, 'three', 'y', 'r1')).digest).not.toBe(first.digest);
    expect((await image(other, 'four', 'x', 'r2')).digest).not.toBe(first.digest);
    expect(first.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it('do not change with the tree that they were built from', async () => {
    const store = new ImageStore(join(folder, 'a'));
    const built = await image(store, 'one', 'x', 'r1');
    await writeFile(join(folder, 'one-r1', 'runtime', 'main.ts'), 'changed');
    expect(await readFile(join(built.folder, 'runtime', 'main.ts'), 'utf8')).toBe('x');
  });

  it('are found by tag, by digest and by both, where the digest wins', async () => {
    const store = new ImageStore(join(folder, 'a'));
    const first = await image(store, 'v1', 'x', 'r1');
    const second = await image(store, 'v1', 'y', 'r2');
    const found = (reference: string) => {
      const resolution = store.resolve(reference);
      return 'image' in resolution ? resolution.image.digest : resolution.problem;
    };
    expect(found(`${REPOSITORY}:v1`)).toBe(second.digest);
    expect(found(`${REPOSITORY}@${first.digest}`)).toBe(first.digest);
    expect(found(`${REPOSITORY}:v1@${first.digest}`)).toBe(first.digest);
    expect(found(`${REPOSITORY}:v2`)).toBe('ErrImagePull');
    expect(found(`registry.example.com/other:v1`)).toBe('ErrImagePull');
    expect(found('orderbooks:{{args.tag}}')).toBe('InvalidImageName');
  });

  it('cannot be made of a tree without dependencies or runtime, and say what is missing', async () => {
    const store = new ImageStore(join(folder, 'a'));
    const add = store.add({
      repository: REPOSITORY,
      tag: 'v1',
      revision: 'r1',
      sourceFolder: folder,
    });
    await expect(add).rejects.toThrow(/node_modules is not there: run `npm ci` there first/);
  });

  it('cannot be replaced by one that is unknown', () => {
    const store = new ImageStore(join(folder, 'a'));
    expect(() => store.substitute('sha256:1', 'sha256:2')).toThrow('no image has that digest');
  });
});
