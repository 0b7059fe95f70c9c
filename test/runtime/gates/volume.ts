import type { UploadManifest } from '../../../runtime/archive/manifest.ts';
import type { InspectRequest } from '../../../runtime/gates/platform.ts';
import type { ArchiveReport, InspectReport } from '../../../runtime/inspector/report.ts';
import type { CollectedRun } from './collected-run.ts';
import { COMMIT, IMAGE, iso, type RecordedRun, sha } from './recorded-run.ts';

/** What recorders and collectors wrote, the latest run last. */
export interface Volume {
  readonly recorded: readonly RecordedRun[];
  readonly collected: readonly CollectedRun[];
}

/** What an inspector reports of the volume at a time (milliseconds since the epoch). */
export function reportOf(
  volume: Volume,
  upload: UploadManifest | null,
  request: InspectRequest,
  time: number,
): InspectReport {
  const { recorded, collected } = volume;
  const since = request.since === undefined ? 0 : Date.parse(request.since);
  const wanted = new Set(request.paths ?? []);
  const archives = [...recorded, ...collected]
    .flatMap((one) => one.archives())
    .filter(({ closedAt, report }) => closedAt >= since || wanted.has(report.path))
    .map(({ report }) => report);
  return {
    schema: 'orderbooks.inspect.v1',
    inspected_at: iso(time),
    data_root: '/var/lib/orderbooks',
    archives,
    open: recorded.slice(-1).map(({ id }) => ({
      path: `raw_orderbooks/polymarket/ws_raw/2026/11/21/.ws_raw_${id}.jsonl.gz.open`,
      bytes: 1000,
      modified_at: iso(time),
    })),
    runs: joined(recorded, archives),
    cycle_manifests: collected
      .flatMap((one) => one.cycles())
      .filter((one) => Date.parse(one.started_at) >= since),
    run_manifests: [...recorded, ...collected]
      .filter((one) => one.startedAt <= time)
      .map((one) => one.manifest()),
    upload_manifests: upload === null ? [] : [upload],
    problems: [],
    ...(request.uploadOf !== undefined
      ? {
          remote_upload_id: upload?.upload_id ?? null,
          remote: (upload?.files ?? []).map((file) => ({
            path: file.path,
            remote_path: file.remote_path,
            expected_sha256: file.sha256,
            observed_sha256: file.sha256,
          })),
        }
      : {}),
  };
}

/** What an uploader writes that found everything closed until `at`, and no fault. */
export function uploadManifest(
  { recorded, collected }: Volume,
  { at, job }: { readonly at: number; readonly job: string },
): UploadManifest {
  const files = [...recorded, ...collected]
    .flatMap((one) => one.archives())
    .filter(({ closedAt }) => closedAt <= at)
    .map(({ report }) => ({
      path: report.path,
      bytes: report.bytes,
      sha256: report.sha256,
      remote_path: report.path,
      verified: true,
      deleted_locally: false,
    }));
  return {
    schema: 'orderbooks.upload-manifest.v1',
    upload_id: 'upload-1',
    status: 'UPLOAD_VERIFIED',
    gate_status: 'PASS',
    remote: { type: 'directory', target: '/remote' },
    git_sha: COMMIT,
    image: IMAGE,
    config_sha256: sha('config'),
    pod: `${job}-x7k2p`,
    started_at: iso(at),
    finished_at: iso(at),
    minimum_age_ms: 0,
    retention_ms: 86_400_000,
    files,
    errors: [],
  };
}

function joined(
  runs: readonly RecordedRun[],
  archives: readonly ArchiveReport[],
): InspectReport['runs'] {
  return runs.flatMap((one) =>
    (['rest_checkpoints', 'ws_raw'] as const).flatMap((stream) => {
      const own = archives.filter((two) => two.run_id === one.id && two.stream === stream);
      if (own.length === 0) return [];
      return {
        run_id: one.id,
        stream,
        segments: own.length,
        frames: own.reduce((sum, two) => sum + two.frames, 0),
        sequence_breaks: 0,
        connection_sequence_breaks: 0,
      };
    }),
  );
}
