import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { OrderbooksError } from '../../runtime/errors.ts';

/** The one place of the values that recur, relative to the root of a bundle. */
export const SETTINGS_FILE = 'settings/settings.env';

const webAddress = z
  .string()
  .regex(
    /^https:\/\/[^\s/]+\/\S*[^\s/]$/,
    'expected an address such as https://git.example.com/data/orderbooks.git',
  );

export const settings = z.strictObject({
  /** Kargo and Argo CD compare it byte for byte. */
  repoURL: webAddress,
  /** Without a scheme, tag or digest: Kargo finds those. */
  imageRepository: z
    .string()
    .regex(
      /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)+$/,
      'expected an image repository such as registry.example.com/data/orderbooks, without scheme, tag or digest',
    ),
  /** What stands before the name of a branch in the forge's web pages. */
  browseURL: webAddress,
});
export type Settings = z.infer<typeof settings>;

/** The settings of the bundle in `root`. Throws SETTINGS_INVALID, also if the file is missing. */
export async function readSettings(root: string): Promise<Settings> {
  return parsed(entriesIn(await textOf(root)));
}

/**
 * Changes some settings of the bundle in `root` and gives all of them. Comments and order stay. Throws SETTINGS_INVALID,
 * and then nothing was written.
 */
export async function changeSettings(root: string, changes: Partial<Settings>): Promise<Settings> {
  const text = await textOf(root);
  const changed = parsed({ ...entriesIn(text), ...changes });
  const lines = text.split('\n').map((line) => {
    const name = nameIn(line);
    return name !== undefined && name in changes
      ? `${name}=${changed[name as keyof Settings]}`
      : line;
  });
  // A reader, such as a render under way, sees the old file or the new one.
  const file = join(root, SETTINGS_FILE);
  await writeFile(`${file}.new`, lines.join('\n'));
  await rename(`${file}.new`, file);
  return changed;
}

function entriesIn(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const name = nameIn(line);
      return name === undefined ? [] : [[name, line.slice(line.indexOf('=') + 1)]];
    }),
  );
}

function nameIn(line: string): string | undefined {
  return /^([A-Za-z]+)=/.exec(line)?.[1];
}

function parsed(entries: object): Settings {
  const result = settings.safeParse(entries);
  if (result.success) return result.data;
  throw new OrderbooksError(
    'SETTINGS_INVALID',
    `the settings cannot be these (${SETTINGS_FILE}): ${result.error.issues
      .map((issue) => `${issue.path.join('.') || 'file'}: ${issue.message}`)
      .join('; ')}`,
  );
}

async function textOf(root: string): Promise<string> {
  try {
    return await readFile(join(root, SETTINGS_FILE), 'utf8');
  } catch (cause) {
    throw new OrderbooksError(
      'SETTINGS_INVALID',
      `expected ${SETTINGS_FILE} in ${root}: ${cause instanceof Error ? cause.message : String(cause)}; name the root of a bundle`,
      { cause },
    );
  }
}
