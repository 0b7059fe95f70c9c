import { createHash } from 'node:crypto';
import {
  access,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  symlink,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OrderbooksError } from '../../../runtime/errors.ts';

/** An image of the local registry. */
export interface Image {
  readonly repository: string;
  readonly tag: string;
  /** `sha256:…` over content and revision: the same content and revision give the same digest anywhere. */
  readonly digest: string;
  readonly revision: string;
  /** Folder that stands for `/app` of the image. */
  readonly folder: string;
  /** Environment baked into the image. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface ImageSource {
  readonly repository: string;
  readonly tag: string;
  /** Git SHA that the image is built from. */
  readonly revision: string;
  /** A checkout: `runtime/`, `package.json` and `package-lock.json` of it make the image. */
  readonly sourceFolder: string;
  /** Installed dependencies, linked and not copied; `node_modules` of `sourceFolder` if absent. */
  readonly nodeModules?: string;
}

/** What a reference leads to: an image, or why there is none, in the words of a container runtime. */
export type Resolution =
  | { readonly image: Image }
  | { readonly problem: 'ErrImagePull' | 'InvalidImageName'; readonly message: string };

export class ImageError extends OrderbooksError {}

/**
 * The image has its sources compiled (Dockerfile); here the first container that loads one leaves it to the others, in a
 * folder that each may write.
 */
export const COMPILED = 'NODE_COMPILE_CACHE';

const RUNTIME = 'runtime';
const SINGLE_FILES = ['package.json', 'package-lock.json'];

/** The registry of the local cluster: source trees in place of layers. */
export class ImageStore {
  readonly #folder: string;
  readonly #images: Image[] = [];
  readonly #substitutes = new Map<string, string>();
  readonly #listeners = new Set<() => void>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Called after an image came in, for pods that wait for one. */
  on(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  images(): readonly Image[] {
    return this.#images;
  }

  /** Snapshots a source tree as an image. A tag that exists moves to the new image, as in a registry. */
  async add(source: ImageSource): Promise<Image> {
    const nodeModules = source.nodeModules ?? join(source.sourceFolder, 'node_modules');
    await this.#require(nodeModules, 'installed dependencies', 'run `npm ci` there first');
    await this.#require(join(source.sourceFolder, RUNTIME), 'the runtime', 'give a checkout');
    await mkdir(this.#folder, { recursive: true });
    const building = await mkdtemp(join(this.#folder, '.building-'));
    const files = await filesOf(source.sourceFolder);
    const hash = createHash('sha256').update(`revision ${source.revision}\n`);
    for (const file of files) {
      const target = join(building, file);
      await mkdir(dirname(target), { recursive: true });
      await copyFile(join(source.sourceFolder, file), target);
      const content = await readFile(target);
      hash.update(`${file} ${content.length}\n`).update(content);
    }
    await symlink(await realpath(nodeModules), join(building, 'node_modules'));
    const hex = hash.digest('hex');
    const folder = join(this.#folder, hex);
    const image: Image = {
      repository: source.repository,
      tag: source.tag,
      digest: `sha256:${hex}`,
      revision: source.revision,
      folder,
      environment: {
        ORDERBOOKS_REVISION: source.revision,
        [COMPILED]: join(this.#folder, 'compiled'),
      },
    };
    if (this.#images.some((each) => each.digest === image.digest)) {
      await rm(building, { recursive: true });
    } else {
      await rename(building, folder);
    }
    const moved = this.#images.findIndex(
      (each) => each.repository === image.repository && each.tag === image.tag,
    );
    // The old image stays reachable by its digest.
    const old = this.#images[moved];
    if (old !== undefined) this.#images[moved] = { ...old, tag: '' };
    this.#images.push(image);
    for (const listener of [...this.#listeners]) listener();
    return image;
  }

  /** From now on a pod that asks for `digest` gets `other`, and the kubelet reports what really runs. For faults. */
  substitute(digest: string, other: string): void {
    if (!this.#images.some((each) => each.digest === other)) {
      throw new ImageError(
        'IMAGE_UNKNOWN',
        `cannot substitute ${other} for ${digest}: no image has that digest; add it first`,
      );
    }
    this.#substitutes.set(digest, other);
  }

  /** Resolves `repository:tag`, `repository@sha256:…` and `repository:tag@sha256:…` (the digest wins, as in Kubernetes). */
  resolve(reference: string): Resolution {
    const parts = /^([^@\s]+?)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(
      reference,
    );
    const repository = parts?.[1];
    if (repository === undefined || !/^[a-z0-9][a-z0-9._/:-]*$/.test(repository)) {
      const message = `Failed to apply default image tag "${reference}": couldn't parse image name "${reference}": invalid reference format`;
      return { problem: 'InvalidImageName', message };
    }
    const tag = parts?.[2] ?? 'latest';
    const digest = parts?.[3];
    const wanted = this.#images.findLast(
      (each) =>
        each.repository === repository &&
        (digest === undefined ? each.tag === tag : each.digest === digest),
    );
    if (wanted === undefined) {
      const message = `failed to pull and unpack image "${reference}": failed to resolve reference "${reference}": ${reference}: not found`;
      return { problem: 'ErrImagePull', message };
    }
    const substitute = this.#substitutes.get(wanted.digest);
    const image = this.#images.find((each) => each.digest === substitute) ?? wanted;
    return { image: { ...image, repository } };
  }

  async #require(path: string, what: string, advice: string): Promise<void> {
    try {
      await access(path);
    } catch (cause) {
      throw new ImageError(
        'IMAGE_SOURCE_INCOMPLETE',
        `an image needs ${what}, but ${path} is not there: ${advice}`,
        { cause },
      );
    }
  }
}

/** Relative paths of the image's files, sorted by code unit so that the digest does not depend on the machine. */
async function filesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(join(folder, RUNTIME), { recursive: true, withFileTypes: true });
  const runtime = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length).replace(/^\/+/, ''));
  const top = await readdir(folder);
  return [...runtime, ...SINGLE_FILES.filter((file) => top.includes(file))].sort();
}
