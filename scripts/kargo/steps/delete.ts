import { lstat, realpath, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OrderbooksError } from '../../../runtime/errors.ts';
import { goQuote } from '../go-quote.ts';
import type { StepContext, StepResult, StepRunner } from '../step.ts';
import { type DeleteConfig, validateConfig } from './config.ts';
import { globMatches, isGlob } from './glob.ts';
import { goFile, isMissing } from './go-file.ts';
import { during, outcome, StepEnd } from './outcome.ts';
import { isInside } from './work-folder.ts';

const KIND = 'delete';

/** Deletes files and folders of the work folder; a symbolic link is deleted, not what it points at. */
export const deleteStep: StepRunner = {
  kind: KIND,
  validate: (config) => validateConfig(KIND, config),
  run: (config, context) =>
    outcome(context, () => deleteAll(config as unknown as DeleteConfig, context)),
};

async function deleteAll(config: DeleteConfig, { workDir }: StepContext): Promise<StepResult> {
  const { path, paths = [], pathsAreGlobs = false, strict = false } = config;
  const wanted = path === undefined ? paths : [path, ...paths];
  const root = await realpath(workDir);
  const found = new Set<string>();
  for (const entry of wanted) {
    const targets = pathsAreGlobs
      ? await matching(root, entry, strict)
      : await literal(root, entry, strict);
    for (const target of targets) found.add(target);
  }
  for (const target of found) {
    await during('failed to delete', () =>
      goFile('unlinkat', target.slice(root.length + 1), () =>
        rm(target, { recursive: true, force: true }),
      ),
    );
  }
  return { status: 'Succeeded' };
}

async function literal(root: string, path: string, strict: boolean): Promise<readonly string[]> {
  const shown = goQuote(path);
  const target = await during(`could not resolve path ${shown}`, () => resolved(root, path));
  if (target !== null) return [target];
  if (strict) throw new OrderbooksError('DELETE_MISSING', `path ${shown} does not exist`);
  return [];
}

async function matching(root: string, pattern: string, strict: boolean): Promise<string[]> {
  const shown = goQuote(pattern);
  if (!isGlob(pattern)) {
    const message = `invalid glob pattern ${shown}: syntax error in pattern`;
    throw new StepEnd({ status: 'Errored', terminal: true, message });
  }
  const matches = await globMatches(root, pattern.replace(/^\.\//, ''));
  if (matches.length === 0 && strict) {
    throw new OrderbooksError('DELETE_MISSING', `no paths matched pattern ${shown}`);
  }
  const targets = await Promise.all(matches.map((match) => resolved(root, match)));
  return targets.filter((target) => target !== null);
}

/** The place of a path, `null` if nothing is there. It lies in the work folder even where folders are links. */
async function resolved(root: string, path: string): Promise<string | null> {
  const place = join(root, path);
  if (place === root || !isInside(root, place)) throw outside();
  try {
    const parent = await realpath(dirname(place));
    if (!isInside(root, parent)) throw outside();
    const target = join(parent, place.slice(dirname(place).length + 1));
    await lstat(target);
    return target;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function outside(): OrderbooksError {
  return new OrderbooksError(
    'PATH_OUTSIDE',
    'path attempts to traverse outside the working directory',
  );
}
