import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspectArchives } from '../../../runtime/inspector/inspections.ts';
import { closedArchive, withFolder } from '../archive/rows.ts';

describe('inspections in several threads', () => {
  it('give the same answers in the same order as in one, also of what is damaged, gone or no archive', () =>
    withFolder(async (dataRoot) => {
      const paths: string[] = [];
      for (const runId of ['a', 'b', 'c', 'd']) {
        paths.push((await closedArchive(dataRoot, { frames: 30, runId })).path);
      }
      await truncate(join(dataRoot, paths[1] ?? ''), 300);
      paths.push((paths[0] ?? '').replace('_a_', '_gone_'), 'no archive');
      const one = await inspectArchives({ dataRoot, paths, threads: 0 });
      const many = await inspectArchives({ dataRoot, paths, threads: 2 });
      expect(many).toEqual(one);
      const said = one.map((answer) =>
        'error' in answer ? answer.error : `${answer.inspection.report.errors.length > 0}`,
      );
      expect(said).toEqual([
        'false',
        'true',
        'false',
        'false',
        expect.stringContaining('ENOENT'),
        expect.stringContaining('expected the path of an archive'),
      ]);
    }));
});
