import { type GitPlace, git } from '../git.ts';

/** One promotion as its commit on a rendered branch tells it. */
export interface RenderedCommit {
  readonly commit: string;
  /** ISO time of the commit. */
  readonly at: string;
  /** Name of the Freight; null for a commit that Kargo did not make so. */
  readonly freight: string | null;
  readonly promotion: string | null;
  readonly sourceCommit: string | null;
  /** `repository@digest`. */
  readonly image: string | null;
  readonly breakGlass: {
    readonly id: string;
    readonly operator: string;
    readonly justification: string;
  } | null;
}

/**
 * Commit of a rendered branch as a checkout knows it: what was fetched of it last, else a local branch of that name.
 * Null if it knows none.
 */
export async function renderedTip(place: GitPlace, branch: string): Promise<string | null> {
  const refs = [`refs/remotes/origin/${branch}`, `refs/heads/${branch}`];
  const listed = await git(place, 'for-each-ref', '--format=%(refname) %(objectname)', ...refs);
  const tips = new Map(listed.split('\n').map((line) => line.split(' ', 2) as [string, string]));
  return refs.map((ref) => tips.get(ref)).find((tip) => tip !== undefined) ?? null;
}

/** The commits behind `tip`, newest first. */
export async function renderedHistory(
  place: GitPlace,
  tip: string,
): Promise<readonly RenderedCommit[]> {
  const text = await git(
    place,
    'log',
    '--first-parent',
    `--format=%H${FIELD}%cI${FIELD}%(trailers:only=true,unfold=true)${RECORD}`,
    tip,
  );
  return text
    .split(RECORD)
    .map((record) => record.trim())
    .filter((record) => record !== '')
    .map((record) => {
      const [commit = '', at = '', lines = ''] = record.split(FIELD);
      return { commit, at: new Date(at).toISOString(), ...trailersIn(lines) };
    });
}

/** A commit of a rendered branch with the Stage that the branch belongs to. */
export type StageCommit = RenderedCommit & { readonly stage: string };

/** Every commit of every rendered branch that a checkout knows, fetched or local, each once; newest of a branch first. */
export async function stageCommits(place: GitPlace): Promise<readonly StageCommit[]> {
  const refs = await git(
    place,
    'for-each-ref',
    '--format=%(objectname) %(refname)',
    'refs/remotes/origin/stage/',
    'refs/heads/stage/',
  );
  const seen = new Map<string, StageCommit>();
  for (const line of refs.split('\n').filter((text) => text !== '')) {
    const [tip = '', ref = ''] = line.split(' ');
    const stage = ref.replace(/^.*?\/stage\//, '');
    for (const commit of await renderedHistory(place, tip)) {
      seen.set(`${stage} ${commit.commit}`, { ...commit, stage });
    }
  }
  return [...seen.values()];
}

/** Characters that git lets nobody put into a trailer's line by accident. */
const FIELD = '\x1f';
const RECORD = '\x1e';

function trailersIn(text: string): Omit<RenderedCommit, 'commit' | 'at'> {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) values.set(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  const id = values.get('Break-Glass-Id');
  return {
    freight: values.get('Freight') ?? null,
    promotion: values.get('Promotion') ?? null,
    sourceCommit: values.get('Source-Commit') ?? null,
    image: values.get('Image') ?? null,
    breakGlass:
      id === undefined
        ? null
        : {
            id,
            operator: values.get('Break-Glass-Operator') ?? '',
            justification: values.get('Break-Glass-Justification') ?? '',
          },
  };
}
