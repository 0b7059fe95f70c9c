import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, extname, join, relative } from 'node:path';
import { OrderbooksError } from '../../../runtime/errors.ts';
import { filesOf, isPlainFileName } from '../../kustomize/file-name.ts';
import { findKustomize } from '../../kustomize/program.ts';
import { joinObjects, type RenderedObject, renderOverlay } from '../../kustomize/render.ts';
import type { StepContext, StepRunner } from '../step.ts';
import { type KustomizeBuildConfig, validateConfig } from './config.ts';
import { during, outcome } from './outcome.ts';
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
  } finally {
    await rm(home, { recursive: true, force: true });
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
