import { type GitPlace, git, gitAnswer } from '../git.ts';

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
  /** First line of its message. */
  readonly subject: string;
}

/**
 * Commit of a rendered branch as a checkout knows it: what was fetched of it last, else a local branch of that name.
 * Null if it knows none.
 */
export async function renderedTip(place: GitPlace, branch: string): Promise<string | null> {
  for (const ref of [`refs/remotes/origin/${branch}`, `refs/heads/${branch}`]) {
    const answer = await gitAnswer(place, 'rev-parse', '--verify', '--quiet', `${ref}^{commit}`);
    if (answer.code === 0) return answer.out.trim();
  }
  return null;
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
    `--format=%H${FIELD}%cI${FIELD}%s${FIELD}%(trailers:only=true,unfold=true)${RECORD}`,
    tip,
  );
  return text
    .split(RECORD)
    .map((record) => record.trim())
    .filter((record) => record !== '')
    .map((record) => {
      const [commit = '', at = '', subject = '', lines = ''] = record.split(FIELD);
      return { commit, at: new Date(at).toISOString(), subject, ...trailersIn(lines) };
    });
}

/** Characters that git lets nobody put into a trailer's line by accident. */
const FIELD = '\x1f';
const RECORD = '\x1e';

function trailersIn(text: string): Omit<RenderedCommit, 'commit' | 'at' | 'subject'> {
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
