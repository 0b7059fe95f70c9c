import { errorText } from '../../gates/error.ts';
import type { Evidence } from '../../gates/evidence.ts';
import type { Api } from '../../gates/kubernetes/api.ts';
import { PlatformError } from '../../gates/platform-error.ts';
import { evidenceOfRun } from '../cluster.ts';
import { EvidenceError } from '../error.ts';
import { evidencePage } from '../page.ts';
import { evidenceText } from '../text.ts';
import { type Answer, htmlAnswer, textAnswer } from './answer.ts';
import { foundText, missingText, podText } from './job-log.ts';
import type { KeptRuns } from './kept-runs.ts';
import { indexPage, stagePage, wayBack } from './pages.ts';
import { isPodOf, verifierPod } from './verifier-pod.ts';

export interface Site {
  readonly api: Api;
  readonly runs: KeptRuns;
  readonly project: string;
  /** Where people reach these pages, without a slash at the end; null if nobody said. */
  readonly pageUrl: string | null;
}

/** Names as Kubernetes allows them; anything else would be read as a path or a selector of its API. */
const NAME = '[a-z0-9](?:[-a-z0-9.]{0,61}[a-z0-9])?';

interface Route {
  readonly path: RegExp;
  /** How it is named where it is missing. */
  readonly shape: string;
  answer(site: Site, ...names: readonly string[]): Promise<Answer>;
}

const ROUTES: readonly Route[] = [
  {
    path: /^\/$/,
    shape: '/',
    answer: async ({ runs, project }) => htmlAnswer(indexPage(project, await runs.all())),
  },
  {
    path: new RegExp(`^/stages/(${NAME})$`),
    shape: '/stages/STAGE',
    answer: async ({ runs, project }, stage = '') =>
      htmlAnswer(stagePage(project, stage, await runs.ofStage(stage))),
  },
  {
    path: new RegExp(`^/stages/(${NAME})/jobs/(${NAME})/log$`),
    shape: '/stages/STAGE/jobs/JOB/log',
    answer: (site, stage = '', job = '') => jobLog(site, stage, job),
  },
  {
    path: /^\/runs\/(evidence-run-[a-z0-9-]{1,200})(\.txt|\.json|)$/,
    shape: '/runs/RUN, /runs/RUN.txt, /runs/RUN.json',
    answer: (site, run = '', form = '') => oneRun(site, run, form),
  },
];

/** Answers a path. Never rejects: what goes wrong is told to whoever asked, in words. */
export async function answerTo(path: string, site: Site): Promise<Answer> {
  for (const route of ROUTES) {
    const [whole, ...names] = route.path.exec(path) ?? [];
    if (whole === undefined) continue;
    try {
      return await route.answer(site, ...names);
    } catch (error) {
      return refusal(error, site);
    }
  }
  const shapes = ROUTES.map(({ shape }) => `  ${shape}`);
  return textAnswer(
    404,
    [`Nothing is at this address. Evidence of ${site.project} is at:`, ...shapes, ''].join('\n'),
  );
}

/** The evidence of the run that a Job of Rollouts made; until there is one, what its pod says. */
async function jobLog(site: Site, stage: string, job: string): Promise<Answer> {
  const runs = await site.runs.ofStage(stage);
  const found = runs.find(({ pod }) => isPodOf(pod, job));
  if (found !== undefined) {
    return textAnswer(200, foundText(await documentOf(site, found.name), site.pageUrl));
  }
  const pod = await verifierPod(site.api, site.project, job);
  if (pod !== null) return textAnswer(200, podText(job, pod));
  return textAnswer(404, missingText({ project: site.project, stage, job }, runs));
}

async function oneRun(site: Site, run: string, form: string): Promise<Answer> {
  const document = await documentOf(site, run);
  const immutable = `${document.sha256}${form}`;
  switch (form) {
    case '.txt':
      return { ...textAnswer(200, evidenceText(document)), immutable };
    case '.json':
      return { status: 200, type: 'application/json', body: JSON.stringify(document), immutable };
    default: {
      const page = evidencePage(document, wayBack(document.subject.stage));
      return { ...htmlAnswer(page), immutable };
    }
  }
}

function documentOf({ api, project }: Site, run: string): Promise<Evidence> {
  return evidenceOfRun(api, { project, run });
}

function refusal(error: unknown, { project }: Site): Answer {
  if (error instanceof PlatformError) {
    return error.code === 'PLATFORM_NOT_FOUND'
      ? textAnswer(
          404,
          `Namespace ${project} does not keep this run (any more). See / for those it keeps.\n`,
        )
      : textAnswer(503, `The cluster could not be asked: ${error.message}\n`);
  }
  if (error instanceof EvidenceError) {
    return textAnswer(502, `Not to be believed: ${error.code}: ${error.message}\n`);
  }
  return textAnswer(500, `Unexpected failure: ${errorText(error)}\n`);
}
