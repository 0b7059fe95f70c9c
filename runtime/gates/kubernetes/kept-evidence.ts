import { z } from 'zod';
import type { KeptEvidence } from '../platform.ts';
import type { Api } from './api.ts';

/** A document has up to 250 KB; a page of this many stays within what one answer may hold. */
const PAGE = 50;

const list = z.object({
  kind: z.literal('ConfigMapList'),
  metadata: z.object({ continue: z.string().optional() }).optional(),
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), labels: z.record(z.string(), z.string()).optional() }),
      data: z.record(z.string(), z.string()).nullish(),
    }),
  ),
});

/** The evidence of a Stage (of all, if none is named) that `project` keeps, newest last. */
export async function keptEvidence(
  api: Api,
  project: string,
  kind: KeptEvidence['kind'],
  stage?: string,
): Promise<readonly KeptEvidence[]> {
  const labelSelector = [
    `orderbooks-evidence=${kind}`,
    ...(stage === undefined ? [] : [`orderbooks-stage=${stage}`]),
  ].join(',');
  const found: KeptEvidence[] = [];
  let next: string | undefined;
  do {
    const page: z.infer<typeof list> = await api.json(
      {
        verb: 'list',
        group: '',
        version: 'v1',
        resource: 'configmaps',
        namespace: project,
        query: {
          labelSelector,
          limit: String(PAGE),
          ...(next === undefined ? {} : { continue: next }),
        },
      },
      list,
    );
    found.push(
      ...page.items
        .filter((item) => item.metadata.labels?.['orderbooks-evidence'] === kind)
        .map((item) => ({ name: item.metadata.name, kind, data: item.data ?? {} })),
    );
    next = page.metadata?.continue || undefined;
  } while (next !== undefined);
  return found.toSorted((a, b) => (begun(a) < begun(b) ? -1 : 1));
}

/** When the run began, or what its name says of it where the data does not. */
function begun({ name, data }: KeptEvidence): string {
  return `${data['startedAt'] ?? ''} ${name}`;
}
