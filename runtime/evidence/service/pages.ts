import { between } from '../elapsed.ts';
import { type Html, html } from '../html.ts';
import { verdictWord } from '../page.ts';
import { pageShell } from '../shell.ts';
import type { KeptRun } from './kept-runs.ts';

/** Enough to tell commits and images apart at a glance. */
const SHORT = 12;

/** Every Stage with its newest run. */
export function indexPage(project: string, runs: readonly KeptRun[]): string {
  const stages = [...new Set(runs.map(({ stage }) => stage))].toSorted();
  return pageShell(
    `Evidence of ${project}`,
    html`<h1>Evidence of ${project}</h1>
${
  stages.length === 0
    ? html`<p class="quiet">No gate has left evidence here yet.</p>`
    : stages.map((stage) => {
        const of = runs.filter((run) => run.stage === stage);
        return html`<h2><a href="stages/${stage}">${stage}</a> <span class="quiet">${kept(of)}</span></h2>
${runTable(of.slice(0, 1), 'runs/')}`;
      })
}`,
  );
}

/** The runs of one Stage, newest first: what a link in Kargo's Stage leads to. */
export function stagePage(project: string, stage: string, runs: readonly KeptRun[]): string {
  const [newest] = runs;
  return pageShell(
    `${newest?.verdict ?? 'No evidence'}: stage ${stage}`,
    html`<p><a href="../">Evidence of ${project}</a></p>
${newest === undefined ? null : verdictWord(newest.verdict)}
<h1>Stage ${stage}</h1>
${
  newest === undefined
    ? html`<p class="quiet">No gate has left evidence of this Stage.</p>`
    : html`<h2>Runs <span class="quiet">newest first, ${kept(runs)}</span></h2>
${runTable(runs, '../runs/')}`
}`,
  );
}

/** Where the other runs of a run's Stage are, for its own page. */
export function wayBack(stage: string): Html {
  return html`<p><a href="../stages/${stage}">Stage ${stage}</a></p>`;
}

function kept(runs: readonly KeptRun[]): string {
  return runs.length === 1 ? '1 run kept' : `${runs.length} runs kept`;
}

function runTable(runs: readonly KeptRun[], base: string): Html {
  return html`<div class="panel scroll"><table><tr><th>Verdict</th><th>Run</th><th>Commit and image</th><th>Took</th></tr>${runs.map(
    (run) => html`<tr><td>${verdictWord(run.verdict)}</td>
<td><a href="${base}${run.name}">${run.gate}, ${run.startedAt.slice(0, 16).replace('T', ' ')} UTC</a><br><span class="quiet">${run.reason}</span></td>
<td class="short"><code>${run.commit.slice(0, SHORT)}</code><br><code>${run.imageDigest.replace('sha256:', '').slice(0, SHORT)}</code></td>
<td class="number">${between(run.startedAt, run.finishedAt)}</td></tr>`,
  )}</table></div>`;
}
