import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import type { KubernetesObject } from '../../kargo/step.ts';
import { fields, stringFields } from './fields.ts';
import { CLAIM, CONFIG_MAP, SECRET } from './kinds.ts';
import { namespaceOf } from './object-identity.ts';
import { Obstacle, podField } from './pod-fields.ts';
import type { ContainerSpec, PodSpec, VolumeSpec } from './pod-spec.ts';
import type { ObjectStore } from './store.ts';

/** A path inside the container and the path on this machine that stands for it. */
export interface Mount {
  readonly mountPath: string;
  readonly path: string;
  readonly readOnly: boolean;
}

/**
 * Puts the volumes of a pod on disk and says where each mount of its container is.
 *
 * There is no mount namespace here: `rewriteMounts` puts the real paths into arguments and environment values, so a mount path that
 * a program has in its own text or reads from a file is not found. Writes into read-only mounts are refused by Node's permission model
 * (command.ts), which does not bind programs that the container starts, such as rclone. ConfigMaps and Secrets are written once, when the
 * pod starts. Size limits, fsGroup and users are not enforced.
 */
export class VolumeManager {
  readonly #store: ObjectStore;
  readonly #claims: string;

  constructor(store: ObjectStore, folder: string) {
    this.#store = store;
    this.#claims = join(folder, 'claims');
  }

  /** Folder of a claim: it outlives pods, and goes with the claim. */
  claimFolder(namespace: string, claim: string): string {
    return join(this.#claims, namespace, claim);
  }

  async removeClaim(namespace: string, claim: string): Promise<void> {
    await rm(this.claimFolder(namespace, claim), { recursive: true, force: true });
  }

  /** Throws an Obstacle while something that the pod refers to is missing. */
  async mount(
    pod: KubernetesObject,
    spec: PodSpec,
    container: ContainerSpec,
    podFolder: string,
  ): Promise<readonly Mount[]> {
    const mounts: Mount[] = [];
    for (const mount of container.volumeMounts) {
      const volume = spec.volumes.find((each) => each.name === mount.name);
      if (volume === undefined) {
        const why = `volumeMounts: no volume is named "${mount.name}"`;
        throw new Obstacle('CreateContainerConfigError', why);
      }
      const folder = await this.#provide(pod, volume, join(podFolder, 'volumes', volume.name));
      const inert = volume.configMap ?? volume.secret ?? volume.downwardAPI;
      const readOnly =
        mount.readOnly || inert !== undefined || volume.persistentVolumeClaim?.readOnly === true;
      const path =
        mount.subPath === undefined ? folder : join(folder, insidePath(mount.subPath, 'subPath'));
      if (mount.subPath !== undefined && inert === undefined)
        await mkdir(path, { recursive: true });
      mounts.push({ mountPath: normalize(`${mount.mountPath}/`).slice(0, -1), path, readOnly });
    }
    return mounts;
  }

  async #provide(pod: KubernetesObject, volume: VolumeSpec, folder: string): Promise<string> {
    const namespace = namespaceOf(pod);
    if (volume.persistentVolumeClaim !== undefined) {
      const { claimName } = volume.persistentVolumeClaim;
      if (this.#store.get(CLAIM, namespace, claimName) === undefined) {
        throw new Obstacle('Unschedulable', `persistentvolumeclaim "${claimName}" not found`);
      }
      const claim = this.claimFolder(namespace, claimName);
      await mkdir(claim, { recursive: true });
      return claim;
    }
    // Written afresh at each start of the container, but for an emptyDir, which lives as long as the pod.
    if (volume.emptyDir === undefined) await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    for (const [path, content, mode] of this.#files(pod, volume)) {
      const file = join(folder, insidePath(path, 'path'));
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
      await chmod(file, mode);
    }
    return folder;
  }

  #files(
    pod: KubernetesObject,
    volume: VolumeSpec,
  ): readonly (readonly [string, string | Buffer, number])[] {
    const namespace = namespaceOf(pod);
    if (volume.configMap !== undefined) {
      const { name, items, optional, defaultMode = 0o644 } = volume.configMap;
      const object = this.#store.get(CONFIG_MAP, namespace, name);
      if (object === undefined && !optional) throw missing(volume, 'configmap', name);
      return chosen(stringFields(object?.['data']), items, name).map(
        ([path, value]) => [path, value, defaultMode] as const,
      );
    }
    if (volume.secret !== undefined) {
      const { secretName, items, optional, defaultMode = 0o644 } = volume.secret;
      const object = this.#store.get(SECRET, namespace, secretName);
      if (object === undefined && !optional) throw missing(volume, 'secret', secretName);
      return chosen(stringFields(object?.['data']), items, secretName).map(
        ([path, value]) => [path, Buffer.from(value, 'base64'), defaultMode] as const,
      );
    }
    if (volume.downwardAPI !== undefined) {
      const mode = volume.downwardAPI.defaultMode ?? 0o644;
      return volume.downwardAPI.items.map(
        (item) => [item.path, podField(pod, item.fieldRef.fieldPath), mode] as const,
      );
    }
    if (volume.emptyDir !== undefined) return [];
    const seen = Object.keys(fields(volume)).join(', ');
    throw new Obstacle(
      'CreateContainerConfigError',
      `volume "${volume.name}" is of a kind that the rehearsal's kubelet does not know (seen: ${seen})`,
    );
  }
}

/** Replaces mount paths in an argument or environment value by the paths that stand for them; longest mounts first. */
export function rewriteMounts(value: string, mounts: readonly Mount[]): string {
  const byLength = [...mounts].sort((a, b) => b.mountPath.length - a.mountPath.length);
  if (byLength.length === 0) return value;
  const paths = byLength.map((mount) => mount.mountPath.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const pattern = new RegExp(`(?<![\\w./-])(${paths.join('|')})(?![\\w.-])`, 'g');
  return value.replaceAll(
    pattern,
    (found) => byLength.find((mount) => mount.mountPath === found)?.path ?? found,
  );
}

function chosen(
  data: Readonly<Record<string, string>>,
  items: readonly { readonly key: string; readonly path: string }[] | undefined,
  name: string,
): readonly (readonly [string, string])[] {
  if (items === undefined) return Object.entries(data);
  return items.map(({ key, path }) => {
    const value = data[key];
    if (value === undefined) {
      throw new Obstacle('ContainerCreating', `references non-existent config key: ${name}/${key}`);
    }
    return [path, value] as const;
  });
}

function missing(volume: VolumeSpec, what: string, name: string): Obstacle {
  const why = `MountVolume.SetUp failed for volume "${volume.name}" : ${what} "${name}" not found`;
  return new Obstacle('ContainerCreating', why);
}

function insidePath(path: string, field: string): string {
  const normal = normalize(path);
  if (!normal.startsWith('/') && normal !== '..' && !normal.startsWith('../')) return normal;
  throw new Obstacle('CreateContainerConfigError', `${field} "${path}" must stay in the volume`);
}
