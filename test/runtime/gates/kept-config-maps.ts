import type { KeptEvidence, Platform } from '../../../runtime/gates/platform.ts';
import { PlatformError } from '../../../runtime/gates/platform-error.ts';

interface KeptConfigMap {
  readonly data: Readonly<Record<string, string>>;
  readonly immutable: boolean;
}

/** ConfigMaps by `namespace/name`, with Kubernetes' rule that an immutable one never changes. */
export class KeptConfigMaps {
  readonly all = new Map<string, KeptConfigMap>();

  put(
    namespace: string,
    name: string,
    data: Readonly<Record<string, string>>,
    options: Parameters<Platform['putConfigMap']>[3],
  ): void {
    const key = `${namespace}/${name}`;
    const current = this.all.get(key);
    if (current?.immutable === true)
      throw new PlatformError('PLATFORM_REFUSED', `${key} is immutable`);
    if (current !== undefined && options.mayReplace?.(current.data) === false) {
      throw new PlatformError('PLATFORM_REFUSED', `${key} belongs to a later run`);
    }
    this.all.set(key, { data, immutable: options.immutable });
  }

  evidence(project: string, kind: KeptEvidence['kind'], stage: string): readonly KeptEvidence[] {
    const prefix = `${project}/evidence-${kind === 'run' ? 'run-' : ''}${stage}-`;
    return [...this.all]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, { data }]) => ({ name: key.slice(project.length + 1), kind, data }))
      .sort((a, b) => ((a.data['startedAt'] ?? '') < (b.data['startedAt'] ?? '') ? -1 : 1));
  }

  delete(namespace: string, name: string): void {
    this.all.delete(`${namespace}/${name}`);
  }
}
