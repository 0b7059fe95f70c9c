import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Judge, ROOT } from './try.ts';

/** A file whose changes have to be noticed. */
export interface Subject {
  /** Path from the root of the repository. */
  readonly file: string;
  /** Who may notice a change of it, in the order in which they are asked. */
  readonly judges: readonly Judge[];
}

const ACTS = gates('acts', 'acts-in-order.test', 'comparison.test', 'closed-archives.test');

/** Folders with everything that has a part in a verdict, and who judges it: a new file is a subject without being named. */
const FOLDERS: readonly (readonly [string, readonly Judge[]])[] = [
  ['runtime/gates/checks', ['worlds', ACTS]],
  ['runtime/gates', ['worlds', [...ACTS, ...gates('verify.test', 'verify-usage.test')]]],
  ['runtime/gates/acts', ['worlds', ACTS]],
  ['runtime/inspector', [inspector('inspect', 'manifests-reported', 'joined-runs')]],
];

/** Files with tests of their own. */
const OWN: Readonly<Record<string, readonly Judge[]>> = {
  'runtime/gates/closed-archives.ts': [gates('closed-archives.test', 'acts-in-order.test')],
  'runtime/gates/evidence-content.ts': [
    gates('verify.test', 'verify-usage.test', 'evidence-content.test'),
  ],
  'runtime/gates/evidence-retention.ts': [gates('evidence-retention.test')],
  'runtime/gates/evidence-store.ts': [gates('verify.test', 'evidence-store.test')],
  'runtime/gates/gates.ts': ['worlds', gates('gates.test', 'acts-in-order.test')],
  'runtime/gates/identity.ts': ['worlds', gates('identity.test')],
  'runtime/gates/interruption.ts': [gates('interruption.test')],
  'runtime/gates/metrics.ts': [gates('metrics.test'), 'worlds'],
  'runtime/gates/needed-rights.ts': [gates('needed-rights.test')],
  'runtime/gates/observation.ts': [gates('observation.test', 'acts-in-order.test')],
  'runtime/gates/replacement.ts': ['worlds', gates('replacement.test')],
  'runtime/gates/run.ts': [gates('run.test', 'acts-in-order.test'), 'worlds', gates('verify.test')],
  'runtime/gates/terms.ts': [gates('verify-usage.test')],
  'runtime/gates/verdict-event.ts': [gates('evidence-retention.test')],
  'runtime/gates/verify.ts': [gates('verify.test', 'verify-usage.test', 'evidence-retention.test')],
  'runtime/inspector/archive-inspection.ts': [
    inspector('archive-inspection', 'inspect'),
    inspector('fuzzed-archives'),
  ],
  'runtime/inspector/command.ts': [inspector('inspect', 'summarise', 'export')],
  'runtime/inspector/cycles.ts': [inspector('manifests-reported')],
  'runtime/inspector/event-tally.ts': [inspector('summarise')],
  'runtime/inspector/export-command.ts': [inspector('export')],
  'runtime/inspector/export.ts': [inspector('export')],
  'runtime/inspector/frame-archives.ts': [inspector('export', 'summarise', 'replay')],
  'runtime/inspector/inspections.ts': [inspector('inspections'), inspector('fuzzed-archives')],
  'runtime/inspector/manifests.ts': [inspector('manifests-reported', 'joined-runs')],
  'runtime/inspector/market-ids.ts': [inspector('summarise', 'export')],
  'runtime/inspector/remote.ts': [inspector('remote')],
  'runtime/inspector/replay-command.ts': [inspector('replay')],
  'runtime/inspector/row-inspection.ts': [
    inspector('row-inspection', 'archive-inspection', 'inspect'),
    inspector('fuzzed-archives'),
  ],
  'runtime/inspector/runs.ts': [inspector('joined-runs', 'sequences')],
  'runtime/inspector/selection.ts': [inspector('selection', 'inspect')],
  'runtime/inspector/sequences.ts': [inspector('row-inspection', 'joined-runs', 'sequences')],
  'runtime/inspector/summarise.ts': [inspector('summarise')],
};

export const SUBJECTS: readonly Subject[] = FOLDERS.flatMap(([folder, judges]) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`)
    .map((file) => ({ file, judges: OWN[file] ?? judges })),
);

function gates(...names: readonly string[]): readonly string[] {
  return names.map((name) => `test/runtime/gates/${name}`);
}

function inspector(...names: readonly string[]): readonly string[] {
  return names.map((name) => `test/runtime/inspector/${name}.test`);
}
