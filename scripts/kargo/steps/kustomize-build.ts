import { mkdir, mkdtemp, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, extname, join, relative } from 'node:path';
import { OrderbooksError } from '../../../runtime/errors.ts';
import { filesOf, isPlainFileName } from '../../kustomize/file-name.ts';
import { findKustomize } from '../../kustomize/program.ts';
import { kustomizationIn, referencesOf } from '../../kustomize/references.ts';
import {
  joinObjects,
  KustomizeError,
  type RenderedObject,
  renderOverlay,
} from '../../kustomize/render.ts';
import type { StepContext, StepRunner } from '../step.ts';
import { type KustomizeBuildConfig, validateConfig } from './config.ts';
import { during, outcome, StepEnd } from './outcome.ts';
import { inside, isInside } from './work-folder.ts';

const KIND = 'kustomize-build';

/** Renders an overlay into one file (a path that ends in .yaml or .yml) or into a folder with a file per object. */
export const kustomizeBuild: StepRunner = {
  kind: KIND,
  validate: (config) => validateConfig(KIND, config),
  run: (config, context) =>
    outcome(context, async () => {
      const settings = config as unknown as KustomizeBuildConfig;
      const objects = await render(settings, context);
      await during(`failed to write built manifests to ${JSON.stringify(settings.outPath)}`, () =>
        write(objects, settings, context.workDir),
      );
      return { status: 'Succeeded' };
    }),
};

async function render(
  settings: KustomizeBuildConfig,
  context: StepContext,
): Promise<readonly RenderedObject[]> {
  const folder = join(context.workDir, settings.path);
  if (!isInside(context.workDir, folder)) {
    throw new OrderbooksError(
      'WORK_FOLDER_LEFT',
      `the path of the overlay must lie in the promotion's work folder: ${settings.path}`,
    );
  }
  await refuseOutside(folder, context.workDir);
  const program = await findKustomize();
  const home = await mkdtemp(join(context.workDir, 'kustomize-'));
  const helm = settings.plugin?.helm;
  try {
    return await renderOverlay(program, folder.replace(/(?<=.)\/$/, ''), {
      home,
      signal: context.signal,
      ...(helm?.apiVersions === undefined ? {} : { helmApiVersions: helm.apiVersions }),
      ...(helm?.kubeVersion === undefined ? {} : { helmKubeVersion: helm.kubeVersion }),
    });
  } catch (error) {
    if (!(error instanceof KustomizeError) || error.place === null) throw error;
    const { file, line } = error.place;
    const hint = `${relative(context.workDir, file)}${line === undefined ? '' : `:${line}`}`;
    throw new StepEnd({ status: 'Errored', message: error.message, hint });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/**
 * Kargo renders in a file system that ends at the work folder; kustomize as a program sees the whole disk. So what the
 * overlay names is looked at first.
 */
async function refuseOutside(folder: string, workFolder: string): Promise<void> {
  const root = await realpath(workFolder);
  const own = { file: folder, line: 0, text: '.', path: kustomizationIn(folder) ?? folder };
  for (const { file, line, text, path } of [own, ...referencesOf(folder)]) {
    const real = await realpath(path).catch(() => null);
    // What does not exist is kustomize's to complain about.
    if (real === null || isInside(root, real)) continue;
    throw new OrderbooksError(
      'WORK_FOLDER_LEFT',
      `${relative(workFolder, file)}${line === 0 ? '' : `:${line}`}: ${text} leads out of the promotion's work folder; an overlay may only use what was checked out`,
    );
  }
}

async function write(
  objects: readonly RenderedObject[],
  settings: KustomizeBuildConfig,
  workFolder: string,
): Promise<void> {
  const out = inside(workFolder, settings.outPath);
  if (SINGLE_FILE.has(extname(out))) {
    await makeFolder(dirname(out), workFolder);
    await writeFile(out, joinObjects(objects), { mode: 0o600 });
    return;
  }
  await makeFolder(out, workFolder);
  for (const { name, text } of filesOf(objects, settings.outputFormat ?? 'kargo')) {
    if (!isPlainFileName(name)) {
      throw new OrderbooksError(
        'RENDERED_NAME_UNSAFE',
        `unsafe generated resource filename ${JSON.stringify(name)}`,
      );
    }
    // A link of this name in the checkout must not lead the text out of the work folder.
    const file = inside(workFolder, join(relative(workFolder, out), name));
    await writeFile(file, text, { mode: 0o600 });
  }
}

const SINGLE_FILE: ReadonlySet<string> = new Set(['.yaml', '.yml']);

async function makeFolder(folder: string, workFolder: string): Promise<void> {
  const way = relative(workFolder, folder).split('/');
  for (const [index] of way.entries()) {
    const part = way.slice(0, index + 1).join('/');
    const entry = await stat(join(workFolder, part)).catch(() => null);
    if (entry !== null && !entry.isDirectory()) {
      throw new OrderbooksError('OUT_PATH_BLOCKED', `mkdir ${part}: not a directory`);
    }
  }
  await mkdir(folder, { recursive: true, mode: 0o700 });
}
