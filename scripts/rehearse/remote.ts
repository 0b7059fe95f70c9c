import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { KubernetesObject } from '../kargo/step.ts';
import { STAGES } from './manifests.ts';
import type { Remote } from './overrides.ts';

/** What the uploader uploads to: rclone with a folder of this machine where rclone is installed, else the folder itself. */
export interface RehearsalRemote extends Remote {
  /** For people, such as `rclone v1.60.1`. */
  readonly description: string;
  /** The Secret that an operator would create out of band. */
  secret(namespace: string): KubernetesObject;
}

export async function openRemote(folder: string): Promise<RehearsalRemote> {
  const store = join(folder, 'remote');
  // A directory remote is a mounted share: the uploader refuses to make its folder, so somebody has to.
  for (const stage of STAGES) await mkdir(join(store, 'orderbooks', stage), { recursive: true });
  const version = await rcloneVersion();
  const configuration =
    version === null
      ? '# rclone is not installed\n'
      : `[archive]\ntype = alias\nremote = ${store}\n`;
  return {
    type: version === null ? 'directory' : 'rclone',
    target: (stage) =>
      version === null ? join(store, 'orderbooks', stage) : `archive:orderbooks/${stage}`,
    description:
      version === null ? 'a plain folder, because rclone is not installed' : `rclone ${version}`,
    secret: (namespace) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'orderbooks-rclone-config', namespace },
      type: 'Opaque',
      data: { 'rclone.conf': Buffer.from(configuration).toString('base64') },
    }),
  };
}

async function rcloneVersion(): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('rclone', ['version']);
    return /rclone (v\S+)/.exec(stdout)?.[1] ?? 'of unknown version';
  } catch {
    return null;
  }
}
