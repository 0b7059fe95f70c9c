import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { ClusterError } from '../cluster/failure.ts';

const component = z.strictObject({
  name: z.string(),
  what: z.string(),
  chart: z.string(),
  repository: z.string().regex(/^(https|oci):\/\//),
  version: z.string(),
  appVersion: z.string(),
  namespace: z.string(),
  release: z.string(),
  /** One that the component brings: its presence says that somebody installed it. */
  crd: z.string().optional(),
  /** Left out unless asked for. */
  optional: z.boolean().default(false),
  /** Needed by this component alone: where that one is somebody else's, so is this. */
  serves: z.string().optional(),
});

/** One tool that the platform needs, with the pinned version of its chart. */
export type Component = z.infer<typeof component>;

export type Mode = 'managed' | 'existing' | 'off';

export interface Chosen {
  readonly component: Component;
  readonly mode: Mode;
}

/** What is pinned in platform/components.yaml, in the order of installation. */
export async function readComponents(root: string): Promise<readonly Component[]> {
  const file = join(root, 'platform/components.yaml');
  const result = z.array(component).safeParse(parse(await readFile(file, 'utf8')));
  if (result.success) return result.data;
  throw new ClusterError(
    'COMPONENTS_INVALID',
    `platform/components.yaml: ${z.prettifyError(result.error)}`,
  );
}

/** Who runs the workflows in this cluster: GitHub's runners by their charts, or one of Forgejo's. */
export const RUNNERS = ['none', 'github', 'forgejo'] as const;
export type Runners = (typeof RUNNERS)[number];

export interface Choice {
  /** Names of components that somebody else installed and keeps. */
  readonly existing: readonly string[];
  readonly runners: Runners;
}

/** Which components are installed, which are somebody else's, and which are left out. */
export function choose(components: readonly Component[], choice: Choice): readonly Chosen[] {
  const names = components.map(({ name }) => name);
  const unknown = choice.existing.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new ClusterError(
      'COMPONENT_UNKNOWN',
      `--existing ${unknown.join(',')}: expected some of ${names.join(', ')}`,
    );
  }
  return components.map((one) => ({ component: one, mode: modeOf(one, choice) }));
}

function modeOf({ name, optional, serves }: Component, { existing, runners }: Choice): Mode {
  if (existing.includes(name)) return 'existing';
  if (serves !== undefined && existing.includes(serves)) return 'off';
  return optional && runners !== 'github' ? 'off' : 'managed';
}
