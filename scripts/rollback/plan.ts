import { renderedHistory, renderedTip } from '../preview/history.ts';
import { preview, projectWith } from '../preview/preview.ts';
import { readingPlace } from '../preview/scratch.ts';
import { PROJECT, type PreviewSource } from '../preview/source.ts';
import { subjectOf } from '../preview/subject.ts';
import { lastGood, type PastFreight, type StageHistory, stageHistory } from './candidates.ts';
import { RollbackError } from './error.ts';
import { type RollbackPlan, todoFor } from './text.ts';

export interface RollbackRequest {
  readonly root: string;
  readonly stage: string;
  readonly source: PreviewSource;
  /** Beginning of the name of the Freight to go back to; empty: the last good one. */
  readonly freight: string;
  readonly actor: string;
  readonly at: Date;
}

/**
 * What to go back to, what that would do and what is to be done for it. Changes nothing.
 *
 * @throws RollbackError NOTHING_PROMOTED, NOTHING_GOOD, FREIGHT_NEVER_RAN; PreviewError STAGE_UNKNOWN
 */
export async function rollbackPlan(request: RollbackRequest): Promise<RollbackPlan> {
  const { root, stage, source, actor, at } = request;
  projectWith(stage, source);
  const place = readingPlace(root);
  const tip = await renderedTip(place, `stage/${stage}`);
  const commits = tip === null ? [] : await renderedHistory(place, tip);
  const history = stageHistory(commits, refusedIn(stage, source));
  if (history.current === null) {
    throw new RollbackError(
      'NOTHING_PROMOTED',
      `expected branch stage/${stage} with promotions, found ${tip === null ? 'no such branch' : 'none on it'}; git fetch origin stage/${stage}`,
    );
  }
  const target = targetOf(request, history);
  const shown = await preview({
    root,
    stage,
    source,
    subject: await subjectOf(
      source.kind === 'cluster'
        ? { freight: target.freight, image: '', commit: '' }
        : { freight: '', image: target.image, commit: target.sourceCommit },
      source,
      root,
      stage,
    ),
    at,
    actor,
    uiUrl: '',
    configMaps: new Map(),
    assumeEvidence: false,
  });
  return { stage, history, target, preview: shown, todo: todoFor(shown, target, PROJECT) };
}

function targetOf({ freight, stage }: RollbackRequest, history: StageHistory): PastFreight {
  if (freight !== '') {
    const named = history.earlier.filter((past) => past.freight.startsWith(freight));
    const [only] = named;
    if (only !== undefined && named.length === 1) return only;
    throw new RollbackError(
      'FREIGHT_NEVER_RAN',
      `expected one of ${history.earlier.map((past) => past.freight.slice(0, 12)).join(', ') || 'nothing'}, which ran in ${stage} before, got ${freight}; anything else is a promotion and needs evidence`,
    );
  }
  const good = lastGood(history);
  if (good !== null) return good;
  const reasons = history.earlier.map(
    (past) => `${past.freight.slice(0, 12)}: ${past.against ?? ''}`,
  );
  throw new RollbackError(
    'NOTHING_GOOD',
    `expected a Freight that ran in ${stage} before and has nothing against it, found ${reasons.join('; ') || 'none'}; --freight takes one all the same`,
  );
}

/** Freight whose latest verdict in the Stage itself is FAIL; only a cluster knows. */
function refusedIn(stage: string, source: PreviewSource): ReadonlySet<string> {
  return new Set(
    source.freight
      .map(({ record }) => record.freight)
      .filter(({ commits, images }) => {
        const commit = (commits[0]?.id ?? '').slice(0, 12);
        const digest = (images[0]?.digest ?? '').slice(7, 19);
        const name = `evidence-${stage}-${commit}-${digest}`;
        return source.configMaps.get(name)?.['verdict'] === 'FAIL';
      })
      .map(({ name }) => name),
  );
}
