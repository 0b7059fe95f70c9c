import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Kubectl } from '../cluster/kubectl.ts';

const EVERYWHERE = '--all-namespaces';
const LOG_LINES = 400;
/** Kinds whose objects tell what a promotion did. */
const OBJECTS = [
  'nodes',
  'pods',
  'jobs.batch',
  'persistentvolumeclaims',
  'applications.argoproj.io',
  'stages.kargo.akuity.io',
  'freights.kargo.akuity.io',
  'promotions.kargo.akuity.io',
  'warehouses.kargo.akuity.io',
  'analysisruns.argoproj.io',
] as const;

const pods = z.object({
  items: z.array(z.object({ metadata: z.object({ name: z.string(), namespace: z.string() }) })),
});

/**
 * What explains a failure, each in a file of its own; what the cluster does not answer stands in its file instead. Secrets are
 * no part of it. Returns the names of the files.
 */
export async function collectDiagnostics(
  kubectl: Pick<Kubectl, 'answer'>,
  folder: string,
): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  const written: string[] = [];
  const keep = async (name: string, words: readonly string[]) => {
    const { code, out, error } = await kubectl.answer(words);
    await writeFile(join(folder, name), code === 0 ? out : `${out}\n${error}\n`);
    written.push(name);
    return code === 0 ? out : null;
  };
  await keep('events.txt', ['get', 'events', EVERYWHERE, '--sort-by=.lastTimestamp']);
  await keep('pods.txt', ['describe', 'pods', EVERYWHERE]);
  for (const kind of OBJECTS) {
    await keep(`${kind}.yaml`, ['get', kind, EVERYWHERE, '--output=yaml']);
  }
  await keep('evidence.yaml', [
    'get',
    'configmaps',
    '--namespace=orderbooks-delivery',
    '--output=yaml',
  ]);
  const all = await keep('pods.json', ['get', 'pods', EVERYWHERE, '--output=json']);
  const named = pods.safeParse(all === null ? null : parsed(all));
  for (const { metadata } of named.data?.items ?? []) {
    const words = [metadata.name, `--namespace=${metadata.namespace}`, '--all-containers'];
    await keep(`log-${metadata.namespace}-${metadata.name}.txt`, [
      'logs',
      ...words,
      `--tail=${LOG_LINES}`,
      '--prefix',
    ]);
  }
  return written;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
