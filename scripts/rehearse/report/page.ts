import type { Evidence } from '../../../runtime/gates/evidence.ts';
import type { PromotionRecord, RehearsalResult, VerificationRecord } from '../result.ts';
import { framesChart } from './frames-chart.ts';
import { type Html, html } from './html.ts';
import { STYLE } from './style.ts';
import { timeline } from './timeline.ts';

const GOOD_WORDS = new Set(['PROMOTED', 'PASS', 'pass', 'Succeeded', 'Successful']);
const BAD_WORDS = new Set([
  'REFUSED',
  'FAILED',
  'ESCAPED',
  'FAIL',
  'ERROR',
  'ABORTED',
  'fail',
  'Failed',
  'Errored',
  'Error',
  'Aborted',
]);

/** The rehearsal as one self-contained page: no scripts, no requests, light and dark. */
export function reportPage(result: RehearsalResult): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Rehearsal: ${result.verdict}</title><style>${STYLE}</style></head><body><main>
${header(result)}
${trials(result)}
<h2>What happened when</h2><div class="panel scroll">${timeline(result)}</div>
<h2>Frames recorded per second</h2><div class="panel scroll">${framesChart(result)}${accounts(result)}</div>
${['canary', 'full'].map((stage) => stageSection(result, stage))}
<h2>What a laptop cannot give</h2>${overrides(result)}
<h2>With what</h2>${circumstances(result)}
</main></body></html>
`.text;
}

function trials({ trials: played = [] }: RehearsalResult): Html {
  if (played.length === 0) return html``;
  return html`<h2>Scenarios</h2><div class="panel scroll"><table><tr><th>scenario</th><th>should end</th><th>ended</th><th>what the promotion said</th></tr>
${played.map((trial) => html`<tr><td class="word"><code>${trial.name}</code></td><td class="word">${trial.expected} ${trial.expectedBy ?? ''}</td><td class="word ${trial.asExpected ? 'good' : 'bad'}">${trial.ended} ${trial.endedBy ?? ''}</td><td>${trial.about}. ${trial.message}</td></tr>`)}</table></div>`;
}

function header(result: RehearsalResult): Html {
  const [first, second] = result.bundle.versions;
  return html`<span class="verdict ${tone(result.verdict)}">${result.verdict}</span>
<h1>${result.summary}</h1>
<p class="quiet">Rehearsed on ${result.startedAt.slice(0, 16).replace('T', ' ')} UTC in ${seconds(result.durationMs)}, without cluster, registry or internet.</p>
${result.fault === null ? '' : html`<p>Deliberate fault in version 2: <b>${result.fault.name}</b>, ${result.fault.about}. The check meant for it: <code>${result.fault.check}</code>.</p>`}
${result.refusedPromotion === null ? '' : html`<p>Promotion of version 2 to full: refused, ${result.refusedPromotion.message}. Full was ${result.refusedPromotion.fullUntouched ? html`<b class="good">untouched</b>` : html`<b class="bad">changed</b>`}.</p>`}
<div class="facts">
${fact('version 1', first === undefined ? 'none' : html`<code>${first.commit.slice(0, 12)}</code>`, first?.change)}
${fact('version 2', second === undefined ? 'none' : html`<code>${second.commit.slice(0, 12)}</code>`, second?.change)}
${result.recordings.map((recording) => fact(`${recording.stage} recorded`, html`<b>${recording.frames}</b>`, 'frames'))}
</div>`;
}

function fact(name: string, value: Html | string, detail?: string): Html {
  return html`<div class="panel"><span class="quiet">${name}</span><div>${value}</div><span class="quiet">${detail}</span></div>`;
}

function accounts(result: RehearsalResult): Html {
  return html`${result.accounts.map((account) => html`<p>${account.stage}: the simulator sent <b>${account.sent}</b> frames; <b>${account.archived}</b> are archived byte for byte, ${account.inGaps} fell into explicit gaps, <b class="${account.missing === 0 ? 'good' : 'bad'}">${account.missing}</b> are missing without a word.</p>`)}`;
}

function stageSection(result: RehearsalResult, stage: string): Html {
  const promotions = result.promotions.filter((promotion) => promotion.stage === stage);
  const verifications = result.verifications.filter((verification) => verification.stage === stage);
  return html`<h2>Stage ${stage}</h2>
${promotions.length === 0 && verifications.length === 0 ? html`<p class="quiet">Nothing was promoted here.</p>` : ''}
${promotions.map(promotionPanel)}${verifications.map(verificationPanel)}`;
}

function promotionPanel(promotion: PromotionRecord): Html {
  return html`<h3>Promotion of version ${promotion.version}: <span class="${tone(promotion.phase)}">${promotion.phase}</span> <span class="quiet">in ${seconds(promotion.durationMs)}, by ${promotion.actor === '' ? 'Kargo itself' : promotion.actor}</span></h3>
<div class="panel scroll"><p class="quiet">Freight <code>${promotion.freight}</code>${promotion.renderedCommit === null ? '' : html`, rendered as <code>${promotion.renderedCommit}</code> on <code>stage/${promotion.stage}</code>`}</p>
${promotion.message === '' ? '' : html`<p class="${tone(promotion.phase)}">${promotion.message}</p>`}
<table><thead><tr><th>Step</th><th>Status</th><th>Time</th><th>Message</th></tr></thead><tbody>
${promotion.steps.map((step) => html`<tr><td class="word"><code>${step.alias}</code></td><td class="word ${tone(step.status)}">${step.status}</td><td class="word">${seconds(step.durationMs)}</td><td>${step.simulated === undefined ? '' : `simulated: ${step.simulated}. `}${step.message}</td></tr>`)}
</tbody></table></div>`;
}

function verificationPanel(verification: VerificationRecord): Html {
  const evidence = verification.evidence;
  return html`<h3>Verification: <span class="${tone(verification.phase)}">${verification.phase}</span> <span class="quiet">in ${seconds(verification.durationMs)}</span></h3>
<div class="panel scroll">${verification.message === '' ? '' : html`<p class="${tone(verification.phase)}">${verification.message}</p>`}
${evidence === null ? html`<p class="bad">No evidence was written.</p>` : checks(evidence)}</div>`;
}

function checks(evidence: Evidence): Html {
  return html`<table><thead><tr><th>Check</th><th>Result</th><th>Expected</th><th>Observed</th></tr></thead><tbody>
${evidence.checks.map((check) => html`<tr><td class="word"><code>${check.id}</code></td><td class="word ${tone(check.status)}">${check.status.replace('_', ' ')}</td><td>${check.expected}</td><td>${check.observed}${check.status === 'pass' ? '' : html`<p class="${tone(check.status)}">${check.reason}</p>`}</td></tr>`)}
</tbody></table>
<details><summary>The evidence document</summary><pre>${JSON.stringify(evidence, null, 2)}</pre></details>`;
}

function overrides(result: RehearsalResult): Html {
  return html`<div class="panel scroll"><table><thead><tr><th>What</th><th>In the manifests</th><th>In the rehearsal</th><th>Why</th></tr></thead><tbody>
${result.overrides.map((override) => html`<tr><td>${override.what}</td><td><code>${override.manifest}</code></td><td><code>${override.rehearsal}</code></td><td>${override.why}</td></tr>`)}
</tbody></table></div>`;
}

function circumstances(result: RehearsalResult): Html {
  const { bundle, machine } = result;
  return html`<div class="panel"><p>Working tree at <code>${bundle.head}</code>${bundle.uncommitted.length === 0 ? ', clean' : html` with ${bundle.uncommitted.length} uncommitted files, rehearsed as they are on disk`}.</p>
<p>${result.programs.map((program) => `${program.name} ${program.version}`).join(', ')}; ${machine.cores} cores, ${machine.memoryGiB} GiB, Node ${machine.node}.</p>
<p>${result.durations.map((duration) => `${duration.what} ${seconds(duration.milliseconds)}`).join(', ')}.</p></div>`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

function tone(word: string): string {
  if (GOOD_WORDS.has(word)) return 'good';
  return BAD_WORDS.has(word) ? 'bad' : 'neutral';
}
