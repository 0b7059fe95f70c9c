import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubernetesOptions } from '../../../../runtime/gates/kubernetes/platform.ts';
import { World } from '../world.ts';
import { FakeApiServer } from './fake-api-server.ts';

/** A good world behind an API server, and the options to connect to it. */
export interface Connected {
  readonly world: World;
  readonly api: FakeApiServer;
  readonly folder: string;
  readonly abort: AbortController;
  readonly options: KubernetesOptions;
  close(): Promise<void>;
}

export async function connected(): Promise<Connected> {
  const world = new World();
  const api = new FakeApiServer(world);
  const abort = new AbortController();
  const folder = await mkdtemp(join(tmpdir(), 'orderbooks-gates-'));
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, api.kubeconfig(await api.start()));
  return {
    world,
    api,
    folder,
    abort,
    options: {
      kubeconfig,
      inspectTimeoutMs: 60_000,
      uploadTimeoutMs: 60_000,
      inspectorsOf: null,
      runId: 'run1',
      signal: abort.signal,
      progress: () => {},
      wait: async () => {},
    },
    async close() {
      await api.stop();
      await rm(folder, { recursive: true });
    },
  };
}
