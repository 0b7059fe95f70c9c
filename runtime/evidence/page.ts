import type { Evidence, Verdict } from '../gates/evidence.ts';
import { between, elapsed } from './elapsed.ts';
import { type Html, html } from './html.ts';
import { byWeight, counted } from './order.ts';
import { pageShell } from './shell.ts';
import { archiveCount, policyOf, verifierOf } from './text.ts';

/** The document as one page. Where it is one of several, `above` says where the others are. */
export function evidencePage(document: Evidence, above: Html | null = null): string {
  const { subject, verdict } = document;
  return pageShell(
    `${verdict}: ${document.gate} of ${subject.stage}`,
    html`${above}
${verdictWord(verdict)}
<h1>${document.gate} of stage ${subject.stage}</h1>
<p>${document.reason}</p>
${facts(document)}
<h2>Checks <span class="quiet">${counted(document.checks)}</span></h2>
${byWeight(document.checks).map(checkPanel)}
<h2>Acts</h2>
${acts(document)}
<h2>Archives <span class="quiet">${archiveCount(document)}</span></h2>
${archives(document)}
${document.logs.map(
  ({ source, text }) => html`<h2>Log of ${source}</h2>
<pre>${text}</pre>
`,
)}
<h2>Policy <span class="quiet">${policyOf(document)}</span></h2>
${policy(document)}
<p class="quiet">This page was made from a document whose SHA-256 over its canonical JSON was verified: <code>${document.sha256}</code>.</p>`,
  );
}

/** A verdict in its colour. */
export function verdictWord(verdict: Verdict): Html {
  return html`<span class="word ${VERDICT_TONE[verdict]}">${verdict}</span>`;
}

const VERDICT_TONE: Readonly<Record<Verdict, string>> = {
  PASS: 'good',
  FAIL: 'bad',
  ERROR: 'bad',
  ABORTED: 'open',
  RUNNING: 'open',
};

type Check = Evidence['checks'][number];

const CHECK_TONE: Readonly<Record<Check['status'], string>> = {
  pass: 'good',
  fail: 'bad',
  not_judged: 'open',
  not_applicable: 'open',
};

function facts(document: Evidence): Html {
  const { subject, versions } = document;
  const rows: readonly (readonly [string, string])[] = [
    ['Image', subject.image_digest],
    ['Commit', subject.commit],
    ['Namespace', `${subject.namespace} (production: ${subject.production_namespace})`],
    ['Project', subject.project],
    ['Run', document.run],
    ['Time', `${document.started_at} to ${document.finished_at}, ${elapsed(document.duration_ms)}`],
    ['Platform', versions.platform],
    ['Verifier', verifierOf(versions)],
  ];
  return html`<div class="panel"><dl>${rows.map(
    ([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`,
  )}</dl></div>`;
}

/** What passed is folded; what did not stands open. */
function checkPanel(check: Check): Html {
  const body = html`<p class="quiet">Proves: ${check.proves}.</p>
<dl><dt>Expected</dt><dd>${check.expected}</dd><dt>Observed</dt><dd>${check.observed}</dd>
<dt>Reason</dt><dd>${check.reason}</dd><dt>Help</dt><dd><code>docs/checks/${check.id}.md</code></dd></dl>`;
  const head = html`<span class="word ${CHECK_TONE[check.status]}">${check.status.replace('_', ' ')}</span> <b>${check.id}</b>`;
  return check.status === 'pass'
    ? html`<details class="panel"><summary>${head}</summary>${body}</details>`
    : html`<div class="panel">${head}${body}</div>`;
}

function acts(document: Evidence): Html {
  if (document.acts.length === 0) return html`<p class="quiet">None was performed.</p>`;
  return html`<div class="scroll"><table><tr><th>Act</th><th>Outcome</th><th>Took</th></tr>${document.acts.map(
    ({ title, status, error, started_at, finished_at }) =>
      html`<tr><td>${title}${
        error === null ? null : html`<br><span class="quiet">${error}</span>`
      }</td><td>${status.replace('_', ' ')}</td><td class="number">${between(started_at, finished_at)}</td></tr>`,
  )}</table></div>`;
}

function archives(document: Evidence): Html {
  if (document.archives.length === 0) return html`<p class="quiet">None was judged.</p>`;
  return html`<div class="scroll"><table><tr><th>Archive</th><th>Rows</th><th>Bytes</th><th>Closed by</th></tr>${document.archives.map(
    ({
      path,
      sha256,
      rows,
      bytes,
      close_reason,
    }) => html`<tr><td>${path}<br><code class="quiet">${sha256}</code></td>
<td class="number">${rows}</td><td class="number">${bytes}</td><td>${close_reason ?? 'not closed'}</td></tr>`,
  )}</table></div>`;
}

function policy(document: Evidence): Html {
  const rows = Object.entries(document.policy ?? {});
  return html`<details class="panel"><summary>As it was effective, durations in milliseconds</summary><dl>${rows.map(
    ([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`,
  )}</dl></details>`;
}
