import { type Html, html } from '../rehearse/report/html.ts';
import { STYLE } from '../rehearse/report/style.ts';
import type { ObjectChange, PreviewResult, PreviewStep } from './result.ts';
import { shownLines } from './shown-value.ts';
import { branchSummary, effectText, isTold, reasonOnce } from './text-report.ts';

/** The preview as one self-contained page: no scripts, no requests, light and dark. */
export function page(result: PreviewResult): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Preview: ${result.verdict}</title><style>${STYLE}
.added{color:var(--good)}.gone{color:var(--bad)}.path{font-weight:600;margin-top:10px}
</style></head><body><main>
<span class="verdict ${result.verdict === 'PROMOTES' ? 'good' : 'bad'}">${result.verdict}</span>
<h1>Promotion to ${result.stage}</h1><p>${result.summary}</p>
<p class="quiet">Tried at ${result.at} as ${result.actor}. Nothing was pushed.</p>
<div class="facts">
<div class="panel"><span class="quiet">Freight</span><div><code>${result.freight.alias ?? result.freight.name.slice(0, 12)}</code></div></div>
${result.freight.commits.map((commit) => html`<div class="panel"><span class="quiet">commit</span><div><code>${commit.slice(0, 12)}</code></div></div>`)}
${result.freight.images.map((image) => html`<div class="panel"><span class="quiet">image</span><div><code>${image}</code></div></div>`)}
</div>
<h2>Gates</h2>${gates(result)}
<h2>Rendered branch</h2><p>${branchSummary(result.branch)}</p>
${result.branch.objects.map(objectPanel)}
<h2>Steps</h2><div class="panel scroll"><table><tr><th>step</th><th>kind</th><th>status</th><th>what it gets and gives</th></tr>
${result.steps.filter(isTold).map(stepRow)}</table></div>
<h2>Taken for granted</h2><ul>${result.assumptions.map((assumption) => html`<li>${assumption}</li>`)}</ul>
</main></body></html>
`.text;
}

function gates(result: PreviewResult): Html {
  if (result.gates.length === 0) return html`<p class="quiet">No gate is asked.</p>`;
  return html`<div class="panel scroll"><table><tr><th>gate</th><th>decision</th><th>reason</th></tr>
${result.gates.map(({ gate, passes }, index) => html`<tr><td class="word"><code>${gate}</code></td><td class="word ${passes ? 'good' : 'bad'}">${passes ? 'passes' : 'refuses'}</td><td>${reasonOnce(result.gates, index)}</td></tr>`)}</table></div>`;
}

function objectPanel(object: ObjectChange): Html {
  const tone = object.effect === 'refused' ? 'bad' : 'quiet';
  if (object.fields.length === 0) {
    return html`<p class="panel"><code>${object.id}</code> <span class="${tone}">${effectText(object)}</span></p>`;
  }
  return html`<details open class="panel"><summary><code>${object.id}</code> <span class="${tone}">${effectText(object)}</span></summary>
${object.fields.map(
  (field) =>
    html`<div class="path"><code>${field.path}</code></div><pre>${shownLines(field).map(
      ({ sign, text }) =>
        html`<span class="${sign === '+' ? 'added' : sign === '-' ? 'gone' : 'quiet'}">${sign} ${text}</span>
`,
    )}</pre>`,
)}</details>`;
}

function stepRow(step: PreviewStep): Html {
  const tone = step.status === 'Succeeded' ? 'good' : step.status === 'Skipped' ? 'quiet' : 'bad';
  const message = [
    step.message,
    step.field === null ? '' : `in ${step.field}`,
    step.simulated === null ? '' : `simulated: ${step.simulated}`,
  ];
  return html`<tr><td class="word"><code>${step.alias}</code></td><td class="word">${step.uses}</td><td class="word ${tone}">${step.status}</td><td>${message.filter((text) => text !== '').join('; ')}
${value('configuration', step.config)}${value('output', step.output)}</td></tr>`;
}

function value(name: string, content: unknown): Html {
  if (content === null) return html``;
  return html`<details><summary>${name}</summary><pre>${JSON.stringify(content, null, 2)}</pre></details>`;
}
