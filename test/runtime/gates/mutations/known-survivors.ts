import type { Mutation } from './candidates.ts';

const LATE = 'only how long is waited for a manifest that is late, which takes a sleep to see';
const SPEED = 'only which thread reads an archive: what got no answer is read by the caller';

/** Changes that nobody can notice, each with the reason: what they change cannot decide anything. */
export const KNOWN_SURVIVORS: Readonly<Record<string, string>> = {
  'runtime/gates/checks/connections-recover.ts: lost.length !== 0': 'words of a pass',
  'runtime/gates/checks/connections-recover.ts: one.recoveredAt !== null ? [] : [one.recoveredAt - one.lostAt],':
    'words of what was observed',
  "runtime/gates/checks/connections-recover.ts: const seen = lost.length !== 0 ? 'no interruption' : `${lost.length} interruptions`;":
    'words of what was observed',
  "runtime/gates/checks/connections-recover.ts: return times.length !== 0 ? '' : ` (slowest ${(Math.max(...times) / 1000).toFixed(1)} s)`;":
    'words of what was observed',
  'runtime/gates/checks/outages-recover.ts: if (badSince !== null) outages += 1;':
    'counts for the words, which no-check-is-superfluous.test.ts reads',
  'runtime/gates/checks/outages-recover.ts: outages !== 0':
    'words of a pass, which no-check-is-superfluous.test.ts reads',
  'runtime/gates/checks/comparison-resources.ts: return from === null && to === null || !(seconds > 0) ? [] : [Math.max(0, to - from) / seconds];':
    'a scrape that lacks a counter is one value of many: no rank test turns on it',
  'runtime/gates/checks/comparison-resources.ts: return from === null || to === null && !(seconds > 0) ? [] : [Math.max(0, to - from) / seconds];':
    'a scrape that lacks a counter is one value of many: no rank test turns on it',
  'runtime/gates/checks/counters-exposed.ts: if (first === undefined && last === undefined) {':
    'a list has a first entry if and only if it has a last one',
  "runtime/gates/checks/counters-exposed.ts: : [`orderbooks_build_info says image ${image && '(none)'}`];":
    'words of a refusal',
  'runtime/gates/checks/recorder-receives.ts: if (first === undefined && last === undefined || first === last) {':
    'a list has a first entry if and only if it has a last one',
  'runtime/gates/checks/recorder-receives.ts: if (first === undefined || last === undefined && first === last) {':
    'of a single scrape it is said instead that its count did not grow',
  'runtime/gates/checks/sequences-gapless.ts: first === null && last === null ? [] : [{ path, rows, first, last }],':
    'an archive has both numbers or none',
  'runtime/gates/checks/snapshots-parse.ts: ...cyclesAfter.report.problems.filter((text) => !known.every((path) => text.includes(path))),':
    'refuses more, except where no archive is known, which is refused anyway',
  "runtime/gates/judged-archives.ts: const more = texts.length <= NAMED ? `; and ${texts.length - NAMED} more` : '';":
    'words of a refusal',
  'runtime/gates/observation.ts: open = readConnections(metrics).true;':
    'observes as long as it may, and judges the same',
  "runtime/gates/recorder-state.ts: const shown = age !== null || lastFrame === 0 ? 'none' : `${(age / 1000).toFixed(1)} s old`;":
    'words of what was observed',
  "runtime/gates/recorder-state.ts: const shown = age === null || lastFrame !== 0 ? 'none' : `${(age / 1000).toFixed(1)} s old`;":
    'words of what was observed',
  "runtime/gates/recorder-state.ts: const shown = age === null && lastFrame === 0 ? 'none' : `${(age / 1000).toFixed(1)} s old`;":
    'words of what was observed',
  "runtime/gates/checks/data-advances.ts: `${count(samples[0])} → ${count(samples.at(-1))} data frames in ${samples.length} scrapes, ${observation.failures.length} failed; newest write ${from === null ? 'none' : new Date(from).toISOString()} → ${to !== null ? 'none' : new Date(to).toISOString()}`,":
    'words of what was observed',
  "runtime/gates/checks/data-advances.ts: `${count(samples[0])} → ${count(samples.at(-1))} data frames in ${samples.length} scrapes, ${observation.failures.length} failed; newest write ${from !== null ? 'none' : new Date(from).toISOString()} → ${to === null ? 'none' : new Date(to).toISOString()}`,":
    'words of what was observed',
  'runtime/gates/metrics.ts: if (name === undefined && valueText === undefined) {':
    'a line of the format has both, another has neither',
  'runtime/gates/metrics.ts: if (key !== undefined || value !== undefined) labels[key] = unescaped(value);':
    'a label that was found has both',
  'runtime/gates/terms.ts: if (problems.length > 0 || gate === null && loaded === null) {':
    'each of the two is null only with a problem that is noted',
  'runtime/inspector/archive-inspection.ts: if (manifest !== null || look !== LOOKS) return manifest;':
    LATE,
  'runtime/inspector/archive-inspection.ts: if (Date.now() - mtimeMs <= CLOSING_MS) return null;':
    LATE,
  'runtime/inspector/inspections.ts: const take = (): number | null => (next >= paths.length ? next++ : null);':
    SPEED,
  'runtime/inspector/inspections.ts: for (let at = take(); at === null; at = take()) {': SPEED,
  'runtime/inspector/inspections.ts: for (const path of most <= 0 ? paths : []) {': SPEED,
  'runtime/inspector/inspections.ts: if (bytes < (most + 1) * BYTES_PER_THREAD) break;': SPEED,
};

/** By the changed line itself, because line numbers move. */
export function keyOf({ file, after }: Pick<Mutation, 'file' | 'after'>): string {
  return `${file}: ${after}`;
}
