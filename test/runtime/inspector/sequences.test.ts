import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { archiveManifestPath, verifiedPath } from '../../../runtime/archive/layout.ts';
import { inspect } from '../../../runtime/inspector/inspect.ts';
import { isClean, reportText } from '../../../runtime/inspector/text.ts';
import { frame, withFolder } from '../archive/rows.ts';
import { lost, segments } from './segments.ts';

async function judged(dataRoot: string) {
  const report = await inspect({ dataRoot });
  const [run] = report.runs;
  return { report, run, clean: isClean(report), text: reportText(report) };
}

describe('sequences of a run', () => {
  it.each([
    ['within an archive', [[frame(0), lost(2), frame(3)]]],
    ['at the end of one', [[frame(0), lost(2)], [frame(3)]]],
    ['at the beginning of one', [[frame(0)], [lost(2), frame(3)]]],
    ['in one without frames between two', [[frame(0)], [lost(1)], [lost(1), frame(3)]]],
    ['before the first frame', [[lost(3), frame(3)]]],
  ])('are explained by an overflow gap %s', (_name, groups) =>
    withFolder(async (dataRoot) => {
      await segments(dataRoot, groups);
      const { clean, text } = await judged(dataRoot);
      expect(clean, text).toBe(true);
    }),
  );

  it.each([
    ['a frame missing between two archives', [[frame(0)], [frame(2)]], 1],
    ['more frames missing than the gap says', [[frame(0), lost(1)], [frame(3)]], 1],
    ['a connection that does not begin with its first frame', [[frame(1)]], 1],
    ['a frame that comes twice', [[frame(0), frame(1)], [frame(1)]], 1],
  ])('show %s', (_name, groups, breaks) =>
    withFolder(async (dataRoot) => {
      await segments(dataRoot, groups);
      const { run, clean } = await judged(dataRoot);
      expect(run).toMatchObject({ connection_sequence_breaks: breaks, sequence_breaks: 0 });
      expect(clean).toBe(false);
    }),
  );

  it('show an archive that is missing with its manifest', () =>
    withFolder(async (dataRoot) => {
      const [, middle] = await segments(dataRoot, [[frame(0)], [frame(1)], [frame(2)]]);
      await rm(join(dataRoot, middle?.path ?? ''));
      await rm(join(dataRoot, archiveManifestPath(middle?.path ?? '')));
      const { run, text } = await judged(dataRoot);
      expect(run).toMatchObject({ segments: 2, sequence_breaks: 1 });
      expect(text).toContain('run run1 ws_raw: segment 3: sequence 2 follows 0: 1 missing');
    }));

  it('go on over an archive that the uploader deleted', () =>
    withFolder(async (dataRoot) => {
      const [, middle] = await segments(dataRoot, [[frame(0)], [frame(1)], [frame(2)]]);
      const path = middle?.path ?? '';
      await rm(join(dataRoot, path));
      const record = join(dataRoot, verifiedPath(path));
      await mkdir(dirname(record), { recursive: true });
      await writeFile(record, '{}');
      const { run, clean, text } = await judged(dataRoot);
      expect(clean, text).toBe(true);
      expect(run).toMatchObject({ segments: 2, sequence_breaks: 0, connection_sequence_breaks: 0 });
    }));
});
