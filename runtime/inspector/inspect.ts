import type { Remote } from '../uploader/remote.ts';
import type { ArchiveInspection } from './archive-inspection.ts';
import { readCycleManifests } from './cycles.ts';
import { inspectArchives } from './inspections.ts';
import { findUnreadArchives, readRunManifests, readUploadManifests } from './manifests.ts';
import { readRemote, selectUpload } from './remote.ts';
import type { InspectReport } from './report.ts';
import { joinRuns } from './runs.ts';
import { selectArchives } from './selection.ts';

export interface InspectOptions {
  readonly dataRoot: string;
  /** Only archives opened or closed at or after this instant (and those in `paths`). */
  readonly since?: Date;
  /** Archives to read whatever their age, relative to the data root; without `since`, only these. */
  readonly paths?: readonly string[];
  /** Read an upload back from here. */
  readonly remote?: Remote;
  /** Which one: its upload id, or the name of the pod or Job that ran it; the newest with files if not said. */
  readonly upload?: string;
  readonly now?: () => Date;
}

/**
 * Reads archives and manifests below the data root, changing nothing, and says what is there and what is wrong.
 * Trouble with single files is in the report; rejects only when the data root cannot be looked at.
 */
export async function inspect(options: InspectOptions): Promise<InspectReport> {
  const { dataRoot } = options;
  const since = options.since?.getTime();
  const at = (options.now ?? (() => new Date()))();
  const selection = await selectArchives({
    dataRoot,
    paths: options.paths ?? [],
    ...(since === undefined ? {} : { since }),
  });
  const problems = [...selection.problems];
  const inspections: ArchiveInspection[] = [];
  const answers = await inspectArchives({ dataRoot, paths: selection.archives });
  for (const [at, answer] of answers.entries()) {
    if ('inspection' in answer) inspections.push(answer.inspection);
    else problems.push(`${selection.archives[at]}: cannot be read: ${answer.error}`);
  }
  // Asked for single archives only, nothing else is looked for.
  const bound = since ?? (options.paths?.length ? Number.POSITIVE_INFINITY : undefined);
  const unread = await findUnreadArchives(dataRoot, inspections, bound);
  const joined = joinRuns(inspections, unread.between);
  const runIds = new Set(joined.runs.map((run) => run.run_id));
  const runManifests = await readRunManifests(dataRoot, bound, runIds);
  const cycles = await readCycleManifests(dataRoot, bound);
  const uploads = await readUploadManifests(dataRoot, since);
  problems.push(...unread.problems, ...joined.problems);
  problems.push(...runManifests.problems, ...cycles.problems, ...uploads.problems);
  const upload =
    options.remote === undefined ? null : selectUpload(uploads.manifests, options.upload);
  if (options.upload !== undefined && upload === null) {
    problems.push(`no upload manifest of ${options.upload} among ${uploads.manifests.length}`);
  }
  return {
    schema: 'orderbooks.inspect.v1',
    inspected_at: at.toISOString(),
    data_root: dataRoot,
    archives: inspections.map((inspection) => inspection.report),
    open: [...selection.open],
    runs: joined.runs,
    run_manifests: runManifests.manifests,
    cycle_manifests: cycles.manifests,
    upload_manifests: uploads.manifests,
    ...(options.remote === undefined
      ? {}
      : {
          remote: upload === null ? [] : await readRemote(options.remote, upload),
          remote_upload_id: upload?.upload_id ?? null,
        }),
    problems,
  };
}
