import { z } from 'zod';
import { type GitPlace, git } from '../git.ts';
import { evaluate } from '../kargo/expr/index.ts';
import { makeFreight } from '../kargo/freight.ts';
import { freightFunctions } from '../kargo/functions/freight.ts';
import type { Warehouse } from '../kargo/objects.ts';
import type { Freight, FreightCommit, FreightImage } from '../kargo/step.ts';
import type { Image } from './cluster/images.ts';
import { RehearsalError } from './error.ts';

/** Subscriptions that a rehearsal can discover. Anything else is refused by name, never skipped. */
const imageSubscription = z.strictObject({
  repoURL: z.string(),
  imageSelectionStrategy: z.literal('NewestBuild'),
  allowTagsRegexes: z.array(z.string()).default([]),
  strictSemvers: z.boolean().optional(),
  discoveryLimit: z.number().optional(),
});
const gitSubscription = z.strictObject({
  repoURL: z.string(),
  commitSelectionStrategy: z.literal('NewestFromBranch').default('NewestFromBranch'),
  branch: z.string(),
  includePaths: z.array(z.string()).default([]),
  strictSemvers: z.boolean().optional(),
  discoveryLimit: z.number().optional(),
});
const criteria = z.object({ expression: z.string() }).optional();

/**
 * What a Warehouse finds now: a Freight of the newest image and the newest commit, or null while its creation
 * criteria are not met.
 *
 * @param images the local registry, oldest first
 * @param repository git place inside the repository that the subscription leads to
 */
export async function discoverFreight(
  warehouse: Warehouse,
  images: readonly Image[],
  repository: GitPlace,
): Promise<Freight | null> {
  const found: { images: FreightImage[]; commits: FreightCommit[] } = { images: [], commits: [] };
  for (const subscription of warehouse.spec.subscriptions) {
    if (subscription.image !== undefined) {
      const image = newestImage(
        understood(warehouse, imageSubscription, subscription.image),
        images,
      );
      if (image === null) return null;
      found.images.push(image);
    } else if (subscription.git !== undefined) {
      const commit = await newestCommit(
        understood(warehouse, gitSubscription, subscription.git),
        repository,
      );
      if (commit === null) return null;
      found.commits.push(commit);
    } else {
      throw new RehearsalError(
        'SUBSCRIPTION_UNSUPPORTED',
        `Warehouse ${warehouse.metadata.name}: expected subscriptions to images or git repositories, got ${Object.keys(subscription).join(', ')}; a rehearsal has no registry for it`,
      );
    }
  }
  const freight = makeFreight({ origin: warehouse.metadata.name, ...found });
  return meetsCriteria(warehouse, freight) ? freight : null;
}

function understood<T>(warehouse: Warehouse, schema: z.ZodType<T>, subscription: unknown): T {
  const parsed = schema.safeParse(subscription);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new RehearsalError(
    'SUBSCRIPTION_UNSUPPORTED',
    `Warehouse ${warehouse.metadata.name}: ${issue?.path.join('.')}: ${issue?.message}; a rehearsal discovers images by NewestBuild and commits by NewestFromBranch`,
  );
}

function newestImage(
  subscription: z.infer<typeof imageSubscription>,
  images: readonly Image[],
): FreightImage | null {
  const allowed = subscription.allowTagsRegexes.map((pattern) => new RegExp(pattern));
  const image = images.findLast(
    ({ repository, tag }) =>
      repository === subscription.repoURL &&
      (allowed.length === 0 || allowed.some((pattern) => pattern.test(tag))),
  );
  return image === undefined
    ? null
    : { repoURL: image.repository, tag: image.tag, digest: image.digest };
}

async function newestCommit(
  subscription: z.infer<typeof gitSubscription>,
  repository: GitPlace,
): Promise<FreightCommit | null> {
  const { branch, includePaths, repoURL } = subscription;
  const format = ['%H', '%s', '%an <%ae>', '%cn <%ce>'].join('%x00');
  const line = await git(
    repository,
    'log',
    '-1',
    `--format=${format}`,
    branch,
    '--',
    ...includePaths,
  );
  const [id, message = '', author = '', committer = ''] = line.split('\0');
  return id === undefined || id === '' ? null : { repoURL, id, branch, message, author, committer };
}

function meetsCriteria(warehouse: Warehouse, freight: Freight): boolean {
  const expression = criteria.parse(warehouse.spec['freightCreationCriteria'])?.expression;
  if (expression === undefined) return true;
  const functions = freightFunctions({
    project: warehouse.metadata.namespace ?? '',
    warehouses: new Map([[warehouse.metadata.name, warehouse]]),
    requests: [
      { origin: freight.origin, sources: { direct: true, stages: [], availabilityStrategy: '' } },
    ],
    freight: [freight],
  });
  const met = evaluate(expression, {}, { functions });
  if (typeof met === 'boolean') return met;
  throw new RehearsalError(
    'FREIGHT_CRITERIA_INVALID',
    `Warehouse ${warehouse.metadata.name}: expected freightCreationCriteria.expression to give true or false, got ${String(met)}`,
  );
}
