import { git } from '../git.ts';
import { projectOf } from '../kargo/load.ts';
import { NEW_FREIGHT_STATUS } from '../kargo/project.ts';
import { freightOf, imageRepositoryOf, repositoryOf } from './checkout.ts';
import { PreviewError } from './error.ts';
import { renderedHistory, renderedTip } from './history.ts';
import { readingPlace } from './scratch.ts';
import { type KnownFreight, PROJECT, type PreviewSource } from './source.ts';

/** What a person named of the Freight to promote; empty texts where nothing was named. */
export interface SubjectRequest {
  /** Name, alias, or the beginning of a name. */
  readonly freight: string;
  /** `repository@sha256:…` or `sha256:…`. */
  readonly image: string;
  /** Anything git understands; default HEAD. */
  readonly commit: string;
}

export interface Subject extends KnownFreight {
  readonly assumptions: readonly string[];
}

/** Shortest beginning of a name that may stand for it. */
const SHORTEST_PREFIX = 7;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/**
 * The Freight to try.
 *
 * @throws PreviewError FREIGHT_UNKNOWN, IMAGE_UNCLEAR, COMMIT_UNKNOWN
 */
export async function subjectOf(
  request: SubjectRequest,
  source: PreviewSource,
  root: string,
  stage: string,
): Promise<Subject> {
  if (request.freight !== '') return { ...named(request.freight, source), assumptions: [] };
  const commit = await resolved(request.commit === '' ? 'HEAD' : request.commit, root);
  const { image, assumption } = await imageFor(request.image, commit, source, root, stage);
  const origin = [...projectOf(PROJECT, source.objects).warehouses.keys()][0] ?? '';
  const freight = freightOf(origin, repositoryOf(source.objects), image, commit);
  const known = source.freight.find(
    ({ record }) =>
      record.freight.commits.some(({ id }) => id === commit) &&
      record.freight.images.some(({ repoURL, digest }) => `${repoURL}@${digest}` === image),
  );
  const assumptions = assumption === null ? [] : [assumption];
  if (known !== undefined) return { ...known, assumptions };
  const record = { freight, status: NEW_FREIGHT_STATUS, discoveredAt: 0 };
  return { record, metadata: null, assumptions };
}

function named(name: string, { freight: all, kind }: PreviewSource): KnownFreight {
  const found = all.filter(
    ({ record: { freight } }) =>
      freight.name === name ||
      freight.alias === name ||
      (name.length >= SHORTEST_PREFIX && freight.name.startsWith(name)),
  );
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const names = all.map(({ record: { freight } }) => freight.alias ?? freight.name.slice(0, 12));
  const known =
    names.length === 0 ? 'a Freight, but none is' : `one of ${names.join(', ')}, which are`;
  const where =
    kind === 'cluster'
      ? 'the cluster'
      : 'the rendered branches of this checkout; --kubeconfig asks the cluster, --commit and --image name one that is not promoted yet';
  throw new PreviewError(
    'FREIGHT_UNKNOWN',
    found.length > 1
      ? `${name} is the beginning of ${found.length} names; give more of it`
      : `expected ${known} known from ${where}; got ${name}`,
  );
}

async function resolved(commit: string, root: string): Promise<string> {
  try {
    return await git(
      readingPlace(root),
      'rev-parse',
      '--verify',
      '--end-of-options',
      `${commit}^{commit}`,
    );
  } catch (cause) {
    throw new PreviewError(
      'COMMIT_UNKNOWN',
      `expected a commit that this checkout has, got ${commit}; git fetch it first`,
      { cause },
    );
  }
}

async function imageFor(
  image: string,
  commit: string,
  source: PreviewSource,
  root: string,
  stage: string,
): Promise<{ readonly image: string; readonly assumption: string | null }> {
  const repository = imageRepositoryOf(source.objects);
  if (image !== '') {
    const full = DIGEST.test(image) ? `${repository}@${image}` : image;
    const [name, digest = ''] = full.split('@');
    if (name === repository && DIGEST.test(digest)) return { image: full, assumption: null };
    throw new PreviewError(
      'IMAGE_UNCLEAR',
      `expected ${repository}@sha256:… (64 hexadecimal digits) or the digest alone, got ${image}; a tag is not enough, because Freight holds a digest`,
    );
  }
  const built = source.freight.find(({ record }) =>
    record.freight.commits.some(({ id }) => id === commit),
  )?.record.freight.images[0];
  if (built?.digest !== undefined) {
    return { image: `${built.repoURL}@${built.digest}`, assumption: null };
  }
  const place = readingPlace(root);
  const tip = await renderedTip(place, `stage/${stage}`);
  const running =
    tip === null
      ? undefined
      : (await renderedHistory(place, tip)).find((entry) => entry.image !== null)?.image;
  return running === undefined || running === null
    ? {
        image: `${repository}@sha256:${'0'.repeat(64)}`,
        assumption:
          'no image of this commit is known: a digest of zeros stands for it (--image names one)',
      }
    : {
        image: running,
        assumption: `no image of this commit is known: the one that ${stage} runs stands for it (--image names another)`,
      };
}
