import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { OrderbooksError } from '../../runtime/errors.ts';
import { messageOf } from '../../runtime/thrown.ts';
import { NAME_KEYS, type Names } from './name-places.ts';
import { renameIn } from './rename.ts';

/** The one place of the values that recur, relative to the root of a bundle. */
export const SETTINGS_FILE = 'settings/settings.env';

/** Names where the file gives none. */
export const NAMES_BY_DEFAULT: Names = {
  project: 'orderbooks-delivery',
  canaryNamespace: 'orderbooks-canary',
  productionNamespace: 'orderbooks',
};

const webAddress = z
  .string()
  .regex(
    /^https:\/\/[^\s/]+\/\S*[^\s/]$/,
    'expected an address such as https://git.example.com/data/orderbooks.git',
  );

/** Namespaces that others own. */
const TAKEN: ReadonlySet<string> = new Set(['argocd', 'argo-rollouts', 'default', 'kargo']);

const namespaceName = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    'expected the name of a namespace such as orderbooks-canary',
  )
  .refine((name) => !TAKEN.has(name) && !name.startsWith('kube-'), {
    message: 'expected a namespace of its own, not one of the cluster, Kargo, Argo CD or Rollouts',
  });

const nameFields = {
  /** Kargo Project, and its namespace. */
  project: namespaceName.default(NAMES_BY_DEFAULT.project),
  /** Namespace of the canary's workloads. */
  canaryNamespace: namespaceName.default(NAMES_BY_DEFAULT.canaryNamespace),
  /** Namespace of production's workloads. */
  productionNamespace: namespaceName.default(NAMES_BY_DEFAULT.productionNamespace),
};

const THREE_NAMES = {
  path: ['project'],
  message: 'expected three different names of Project and namespaces',
};

function areThree(names: Names): boolean {
  return new Set(NAME_KEYS.map((key) => names[key])).size === NAME_KEYS.length;
}

const names = z.object(nameFields).refine(areThree, THREE_NAMES);

export const settings = z
  .strictObject({
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
    ...nameFields,
  })
  .refine(areThree, THREE_NAMES);
export type Settings = z.infer<typeof settings>;

/** The settings of the bundle in `root`. Throws SETTINGS_INVALID, also if the file is missing. */
export async function readSettings(root: string): Promise<Settings> {
  return parseSettings(await textOf(root));
}

/** Settings from the text of their file. Throws SETTINGS_INVALID. */
export function parseSettings(text: string): Settings {
  return parsed(settings, entriesIn(text));
}

/** Its names alone, whatever else is wrong with the file. Throws SETTINGS_INVALID. */
export function parseNames(text: string): Names {
  return parsed(names, entriesIn(text));
}

/**
 * Changes some settings of the bundle in `root` and gives all of them. Comments and order stay. Other names of Project and
 * namespaces are written into every manifest too. Throws SETTINGS_INVALID, and then nothing was written.
 */
export async function changeSettings(root: string, changes: Partial<Settings>): Promise<Settings> {
  const text = await textOf(root);
  const changed = parsed(settings, { ...entriesIn(text), ...changes });
  if (NAME_KEYS.some((key) => key in changes)) await renameIn(root, changed);
  const present = new Set(text.split('\n').map(nameIn));
  const lines = text.split('\n').map((line) => {
    const name = nameIn(line);
    return name !== undefined && name in changes
      ? `${name}=${changed[name as keyof Settings]}`
      : line;
  });
  const added = NAME_KEYS.filter((key) => key in changes && !present.has(key)).map(
    (key) => `${key}=${changed[key]}\n`,
  );
  // A reader, such as a render under way, sees the old file or the new one.
  const file = join(root, SETTINGS_FILE);
  await writeFile(`${file}.new`, lines.join('\n') + added.join(''));
  await rename(`${file}.new`, file);
  return changed;
}

/** The values of a settings file, unchecked, by name. */
export function entriesIn(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const name = nameIn(line);
      return name === undefined ? [] : [[name, line.slice(line.indexOf('=') + 1)]];
    }),
  );
}

/** Which setting a line sets. */
export function nameIn(line: string): string | undefined {
  return /^([A-Za-z]+)=/.exec(line)?.[1];
}

function parsed<Schema extends z.ZodType>(schema: Schema, entries: object): z.infer<Schema> {
  const result = schema.safeParse(entries);
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
      `expected ${SETTINGS_FILE} in ${root}: ${messageOf(cause)}; name the root of a bundle`,
      { cause },
    );
  }
}
