import type { MemoryWorld } from '../../../../scripts/kargo/memory-world.ts';
import type { ProjectState } from '../../../../scripts/kargo/project-state.ts';
import type { Comparison } from './comparison.ts';
import { freightName } from './forms.ts';
import { list, type Raw, record, text } from './record.ts';
import { PROJECT } from './recorded-project.ts';
import type { Server } from './remote.ts';

export interface Aftermath {
  readonly server: Server;
  readonly state: ProjectState;
  readonly world: MemoryWorld;
  readonly verification: Raw;
  readonly analysisRuns: readonly Raw[];
}

/** Compares what a case left behind: branch, Freight, verification. */
export function compareAfter(
  comparison: Comparison,
  raw: Raw,
  { server, state, world, verification, analysisRuns }: Aftermath,
): void {
  const after = record(raw['after']);
  const branch = record(after['branch']);
  if (typeof branch['name'] === 'string') {
    const expected = {
      ...branch,
      ...('files' in branch
        ? {
            files: list(branch['files']).map(({ path, mode, text: content }) => ({
              path,
              mode,
              text: content,
            })),
          }
        : {}),
    };
    comparison.compare('branch', expected, server.branch(branch['name']));
  }
  const status = record(after['freightStatus']);
  if ('freightStatus' in after && !Array.isArray(after['freightStatus'])) {
    const name = text(freightName(raw));
    const { status: own } = state.records().find(({ freight }) => freight.name === name) ?? {};
    for (const key of ['currentlyIn', 'verifiedIn'] as const) {
      comparison.compare(`freightStatus.${key}`, keys(status[key]), keys(own?.[key]));
    }
    comparison.compare(
      'freightStatus.metadata',
      status['metadata'] ?? {},
      world.freightMetadata(PROJECT, name) ?? {},
    );
  }
  if (text(raw['topic']) === 'verification') {
    const expected = list(after['verification'])[0] ?? {};
    comparison.compare('verification', expected, verification);
    comparison.compare(
      'analysisRuns',
      list(after['analysisRuns']).map(({ args }) => ({ args })),
      analysisRuns,
    );
  }
}

function keys(value: unknown): readonly string[] {
  return Object.keys(record(value)).sort();
}
