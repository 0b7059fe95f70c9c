import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ClusterError } from '../cluster/failure.ts';

export type Values = Readonly<Record<string, unknown>>;

export interface ValuesOptions {
  readonly root: string;
  /** By component: a file of the operator's own, merged over the reviewed one. */
  readonly own: Readonly<Record<string, string>>;
  readonly adminAccounts: boolean;
  /** Where Kargo's UI finds the log of a verification Job. */
  readonly verificationLogs?: string;
  /** Of the forge, for runners. */
  readonly repoUrl: string;
}

/** The Secret that `--admin-accounts` expects in Kargo's namespace. */
export const KARGO_ADMIN_SECRET = 'kargo-admin';

/** The reviewed values of a component, those that options ask for, and the operator's own over both. */
export async function valuesOf(component: string, options: ValuesOptions): Promise<Values> {
  const reviewed = await read(join(options.root, `platform/values/${component}.yaml`));
  const own = options.own[component];
  return merge(
    merge(reviewed, asked(component, options)),
    own === undefined ? {} : await read(own),
  ) as Values;
}

/** As Helm merges values files: maps key by key, everything else is replaced. */
export function merge(under: unknown, over: unknown): unknown {
  if (!isMap(under) || !isMap(over)) return over;
  const keys = new Set([...Object.keys(under), ...Object.keys(over)]);
  return Object.fromEntries(
    [...keys].map((key) => [
      key,
      key in over ? (key in under ? merge(under[key], over[key]) : over[key]) : under[key],
    ]),
  );
}

function asked(component: string, options: ValuesOptions): Values {
  if (component === 'runners') return { githubConfigUrl: options.repoUrl.replace(/\.git$/, '') };
  if (component === 'argo-cd') {
    return options.adminAccounts ? { configs: { cm: { 'admin.enabled': 'true' } } } : {};
  }
  if (component !== 'kargo') return {};
  const admin = options.adminAccounts
    ? { adminAccount: { enabled: true }, secret: { name: KARGO_ADMIN_SECRET } }
    : {};
  const logs =
    options.verificationLogs === undefined
      ? {}
      : { rollouts: { logs: { enabled: true, urlTemplate: options.verificationLogs } } };
  return { api: { ...admin, ...logs } };
}

async function read(file: string): Promise<Values> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new ClusterError('VALUES_UNREADABLE', `${file}: cannot be read`, { cause });
  }
  let value: unknown;
  try {
    value = parse(text) ?? {};
  } catch (cause) {
    throw new ClusterError('VALUES_INVALID', `${file}: is no YAML`, { cause });
  }
  if (isMap(value)) return value;
  throw new ClusterError('VALUES_INVALID', `${file}: expected a map of values`);
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
