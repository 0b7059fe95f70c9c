import { PlatformError } from '../../../../runtime/gates/platform-error.ts';
import { changed } from '../broken-worlds.ts';
import { OTHER_DIGEST } from '../world.ts';
import { type Variant, variant, withoutRun } from './variant.ts';

export const BAD_RESTARTS_AND_UPLOADS: readonly Variant[] = [
  variant(
    'restart: the replacement never comes',
    ['restart-writes', 'prior-archive-unchanged'],
    /still there|no pod/,
    (world) => {
      world.change.pods = (pods) => (world.restarted && !world.uploaded ? [] : pods);
    },
  ),
  variant(
    'restart: another release comes back',
    ['restart-writes', 'prior-archive-unchanged'],
    /instead of sha256/,
    (world) => {
      world.change.pods = (pods) =>
        world.restarted ? pods.map((pod) => ({ ...pod, imageDigest: OTHER_DIGEST })) : pods;
    },
  ),
  variant(
    'restart: nothing closed before, nothing closed by it',
    ['prior-archive-unchanged'],
    /closed on SIGTERM/,
    (world) => {
      world.change.inspect = (report) => withoutRun(report, 'promoted');
    },
  ),
  variant(
    'restart: the first archive was not closed properly',
    ['prior-archive-unchanged'],
    /closed on SIGTERM/,
    (world) => {
      world.change.inspect = (report) =>
        world.restarted
          ? changed(report, '_promoted', { close_reason: 'salvaged' })
          : withoutRun(report, 'promoted');
    },
  ),
  variant(
    'restart: only checkpoints were closed before, no frames by it',
    ['prior-archive-unchanged'],
    /closed on SIGTERM/,
    (world) => {
      world.change.inspect = (report) => ({
        ...report,
        archives: report.archives.filter((one) => !/ws_raw_\d_promoted/.test(one.path)),
      });
    },
  ),
  variant(
    'earlier run: no archive of it',
    ['prior-archive-unchanged'],
    /no ws_raw archive/,
    (world) => {
      world.change.inspect = (report) => withoutRun(report, 'earlier');
    },
    { restart: 'observe' },
  ),
  variant(
    'earlier run: only checkpoints of it',
    ['prior-archive-unchanged'],
    /no ws_raw archive/,
    (world) => {
      world.change.inspect = (report) => ({
        ...report,
        archives: report.archives.filter((one) => !/ws_raw_\d_earlier/.test(one.path)),
      });
    },
    { restart: 'observe' },
  ),
  variant('upload: suspended CronJob', ['upload-verified'], /suspended/, (world) => {
    world.before = (call) => {
      if (call === 'upload') throw new PlatformError('PLATFORM_SUSPENDED', 'CronJob is suspended');
    };
  }),
  variant(
    'upload manifest: absent',
    ['upload-verified', 'remote-holds-upload'],
    /no upload manifest|nothing can be read back/,
    (world) => {
      world.change.inspect = (report) => ({ ...report, upload_manifests: [] });
    },
  ),
  variant(
    'upload manifest: of another Job',
    ['upload-verified', 'remote-holds-upload'],
    /no upload manifest|nothing can be read back/,
    (world) => {
      world.change.uploadManifest = (manifest) => ({
        ...manifest,
        pod: 'orderbooks-uploader-28-abc',
      });
    },
  ),
  variant(
    'upload manifest: of another image',
    ['upload-verified'],
    /manifest was written by/,
    (world) => {
      world.change.uploadManifest = (manifest) => ({ ...manifest, image: OTHER_DIGEST });
    },
  ),
  variant(
    'upload manifest: no files',
    ['upload-verified', 'remote-holds-upload'],
    /no verified file/,
    (world) => {
      world.change.uploadManifest = (manifest) => ({ ...manifest, files: [] });
    },
  ),
  variant('upload manifest: a file not verified', ['upload-verified'], /not verified/, (world) => {
    world.change.uploadManifest = (manifest) => ({
      ...manifest,
      files: manifest.files.map((file, index) =>
        index === 0 ? { ...file, verified: false } : file,
      ),
    });
  }),
  variant(
    'upload manifest: files that were not there',
    ['upload-verified'],
    /no verified file is a ws_raw/,
    (world) => {
      world.change.uploadManifest = (manifest) => ({
        ...manifest,
        files: manifest.files.map((file) => ({
          ...file,
          path: `${file.path}.new`,
          remote_path: `${file.remote_path}.new`,
        })),
      });
    },
  ),
  variant('upload manifest: gate_status FAIL', ['upload-verified'], /gate_status FAIL/, (world) => {
    world.change.uploadManifest = (manifest) => ({ ...manifest, gate_status: 'FAIL' });
  }),
  variant('remote: not read back', ['remote-holds-upload'], /read nothing back/, (world) => {
    world.change.inspect = ({ remote: _remote, ...report }) => report;
  }),
  variant(
    'remote: another remote than the configured',
    ['remote-holds-upload'],
    /went to/,
    (world) => {
      world.change.inspect = (report) =>
        report.remote === undefined
          ? report
          : {
              ...report,
              remote: report.remote.map((one) => ({ ...one, error: 'upload went to b:' })),
            };
    },
  ),
  variant(
    'remote: of a scheduled upload instead of the one-off one',
    ['remote-holds-upload'],
    /upload scheduled was read back, not upload-1/,
    (world) => {
      world.change.inspect = (report) =>
        report.remote === undefined ? report : { ...report, remote_upload_id: 'scheduled' };
    },
  ),
  variant('remote: only some files', ['remote-holds-upload'], /was not read back/, (world) => {
    world.change.inspect = (report) =>
      report.remote === undefined ? report : { ...report, remote: report.remote.slice(1) };
  }),
  variant(
    'collector: not ready before and after',
    ['collector-unchanged'],
    /0 of 1 replicas/,
    (world) => {
      world.change.collector = () => ({
        name: 'orderbooks-collector',
        image: 'i',
        desiredReplicas: 1,
        readyReplicas: 0,
      });
    },
  ),
  variant(
    'collector: cannot be read',
    ['collector-unchanged'],
    /may not get deployments/,
    (world) => {
      world.change.collector = () => {
        throw new PlatformError('PLATFORM_FORBIDDEN', 'may not get deployments');
      };
    },
  ),
];
