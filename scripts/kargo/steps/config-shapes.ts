import { fileShapes } from './config-shapes-files.ts';
import { gitShapes } from './config-shapes-git.ts';
import { remoteShapes } from './config-shapes-remote.ts';
import type { Shape } from './shape.ts';
import { list, record, someText } from './shape-parts.ts';

/** Shapes of the configurations, by kind of step: every kind that Kargo v1.11 has. */
export const shapes: Readonly<Record<string, Shape>> = {
  ...gitShapes,
  ...fileShapes,
  ...remoteShapes,
  'compose-output': { type: 'object', minProperties: 1 },
  fail: record({ message: someText }, []),
  'set-freight-alias': record({ name: someText, alias: someText }, ['name', 'alias']),
  'set-metadata': record(
    {
      updates: list(
        record(
          {
            kind: { type: 'string', oneOfValues: ['Stage', 'Freight'] },
            name: someText,
            values: { type: 'object', minProperties: 1 },
          },
          ['kind', 'name', 'values'],
        ),
        1,
      ),
    },
    ['updates'],
  ),
};
