import type { RehearsalResult, StageRecording } from '../result.ts';
import { type Html, html } from './html.ts';
import { ticks } from './timeline.ts';

const WIDTH = 1120;
const HEIGHT = 240;
const LEFT = 52;
const BOTTOM = 24;
const TOP = 10;

/** Frames archived per second by each stage; explicit gaps are marked on the axis. */
export function framesChart(result: RehearsalResult): Html {
  const peak = Math.max(1, ...result.recordings.flatMap((recording) => recording.framesPerSecond));
  const x = (milliseconds: number) =>
    LEFT + (milliseconds / Math.max(1, result.durationMs)) * (WIDTH - LEFT);
  const y = (frames: number) => TOP + (1 - frames / peak) * (HEIGHT - TOP - BOTTOM);
  const levels = [0, peak / 2, peak].map((level) => Math.round(level));
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Frames recorded per second by each stage">
${levels.map((level) => html`<line x1="${LEFT}" x2="${WIDTH}" y1="${y(level)}" y2="${y(level)}" stroke="var(--line)"/><text x="${LEFT - 8}" y="${y(level) + 4}" text-anchor="end">${level}</text>`)}
${ticks(result.durationMs).map((at) => html`<text x="${x(at)}" y="${HEIGHT - 6}">${at / 1000} s</text>`)}
${result.recordings.map((recording) => line(recording, x, y))}
${result.recordings.flatMap((recording) => recording.gaps.map((gap) => html`<g><title>${recording.stage}: gap (${gap.reason}) at ${(gap.atMs / 1000).toFixed(1)} s</title><line x1="${x(gap.atMs)}" x2="${x(gap.atMs)}" y1="${y(0)}" y2="${y(0) - 9}" stroke="${colour(recording.stage)}" stroke-width="2"/></g>`))}
</svg>
<div class="legend">${result.recordings.map((recording) => html`<span><span class="swatch" style="background:${colour(recording.stage)}"></span>${recording.stage}: ${recording.frames} frames, ${recording.gaps.length} gap rows (marks on the axis)</span>`)}</div>`;
}

function line(
  recording: StageRecording,
  x: (ms: number) => number,
  y: (frames: number) => number,
): Html {
  const points = recording.framesPerSecond.map(
    (frames, second) => `${x(second * 1000 + 500).toFixed(1)},${y(frames).toFixed(1)}`,
  );
  return html`<polyline fill="none" stroke="${colour(recording.stage)}" stroke-width="2" stroke-linejoin="round" points="${points.join(' ')}"/>`;
}

function colour(stage: string): string {
  return stage === 'full' ? 'var(--full)' : 'var(--canary)';
}
