import type { RehearsalResult, Span } from '../result.ts';
import { type Html, html } from './html.ts';

const WIDTH = 1120;
const LABEL = 84;
const ROW = 26;
const AXIS = 22;
/** A shorter bar than this many pixels gets no text inside. */
const TEXT_ROOM = 7;

const COLOUR = { good: 'var(--good)', bad: 'var(--bad)', neutral: 'var(--neutral)' } as const;
const LANES = ['rehearsal', 'canary', 'full'] as const;

/** The whole rehearsal as bars over time, one lane each for the rehearsal itself and the two stages. */
export function timeline(result: RehearsalResult): Html {
  const scale = (WIDTH - LABEL) / Math.max(1, result.durationMs);
  const rows = LANES.flatMap((lane) =>
    stack(result.timeline.filter((span) => span.lane === lane)).map((spans, index) => ({
      lane,
      spans,
      first: index === 0,
    })),
  );
  const height = rows.length * ROW + AXIS;
  return html`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Timeline of the rehearsal">
${ticks(result.durationMs).map((at) => {
  const x = LABEL + at * scale;
  return html`<line x1="${x}" x2="${x}" y1="0" y2="${height - AXIS + 4}" stroke="var(--line)"/><text x="${x + 3}" y="${height - 6}">${at / 1000} s</text>`;
})}
${rows.map(({ lane, spans, first }, index) => html`${first ? html`<text class="ink" x="0" y="${index * ROW + 17}">${lane}</text>` : ''}${spans.map((span) => bar(span, scale, index * ROW))}`)}
</svg>`;
}

function bar(span: Span, scale: number, top: number): Html {
  const x = LABEL + span.fromMs * scale;
  const width = Math.max(2, (span.toMs - span.fromMs) * scale);
  const seconds = ((span.toMs - span.fromMs) / 1000).toFixed(1);
  const fits = width > span.label.length * TEXT_ROOM;
  return html`<g><title>${span.label}: ${seconds} s</title><rect x="${x}" y="${top + 4}" width="${width}" height="${ROW - 8}" rx="3" fill="${COLOUR[span.outcome]}" fill-opacity="0.25" stroke="${COLOUR[span.outcome]}"/>${fits ? html`<text class="ink" x="${x + 6}" y="${top + 17}">${span.label}</text>` : ''}</g>`;
}

/** Spreads spans that overlap over several rows. */
function stack(spans: readonly Span[]): readonly (readonly Span[])[] {
  const rows: Span[][] = [];
  for (const span of [...spans].sort((left, right) => left.fromMs - right.fromMs)) {
    const row = rows.find((candidate) => (candidate.at(-1)?.toMs ?? 0) <= span.fromMs);
    if (row === undefined) rows.push([span]);
    else row.push(span);
  }
  return rows.length === 0 ? [[]] : rows;
}

/** Round instants, in milliseconds, that divide the time into at most twelve parts. */
export function ticks(durationMs: number): readonly number[] {
  const step =
    [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600].find(
      (seconds) => durationMs / (seconds * 1000) <= 12,
    ) ?? 7200;
  return Array.from(
    { length: Math.floor(durationMs / (step * 1000)) + 1 },
    (_, index) => index * step * 1000,
  );
}
