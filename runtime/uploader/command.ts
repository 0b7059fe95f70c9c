import { loadConfiguration } from '../config/configuration.ts';
import { parseDuration } from '../config/duration.ts';
import { ConfigurationError } from '../config/error.ts';
import { OrderbooksError } from '../errors.ts';
import { provenanceOf } from '../observability/identity.ts';
import { createLogger } from '../observability/logger.ts';
import { uploaderLock } from './lock.ts';
import { openRemote } from './open-remote.ts';
import { upload } from './upload.ts';

export interface UploadCommandOptions {
  /** Path of the configuration file. */
  readonly config: string;
  /** Path of the data root. */
  readonly data: string;
  /** Duration text; overrides `uploader.minimumAge`. */
  readonly minimumAge?: string;
}

/**
 * `orderbooks upload`: one run. Resolves to 0 for UPLOAD_VERIFIED and NOTHING_TO_UPLOAD, else to 1. SIGTERM and SIGINT
 * end it with a manifest that says so. Throws `ConfigurationError` for wrong usage, `UploadError` without a remote.
 */
export async function uploadCommand(options: UploadCommandOptions): Promise<number> {
  const { value: configuration, sha256, overridden } = loadConfiguration(options.config);
  const { uploader } = configuration;
  if (uploader === undefined) {
    throw new ConfigurationError(
      'CONFIG_INVALID',
      `${options.config}: uploader: expected the section uploader with a remote, there is none; add for example uploader: {remote: {type: directory, target: /mnt/archive}}`,
    );
  }
  const minimumAgeMs = minimumAgeOf(options.minimumAge) ?? uploader.minimumAge;
  const provenance = provenanceOf(process.env, sha256);
  const logger = createLogger(configuration.log.level, {
    component: 'uploader',
    run_id: provenance.run_id,
  });
  logger.info({ provenance, uploader, minimum_age_ms: minimumAgeMs, overridden }, 'upload starts');
  const abort = new AbortController();
  const stop = (signal: NodeJS.Signals) => {
    logger.warn({ signal }, 'told to stop');
    abort.abort(new OrderbooksError('UPLOAD_INTERRUPTED', `the uploader was ended by ${signal}`));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  try {
    const lock = await uploaderLock(options.data, {
      signal: abort.signal,
      onWaiting: (holder) => logger.info({ holder }, 'another uploader is at work; waiting for it'),
    });
    if (lock.descriptor === null) {
      logger.warn(
        'no named pipe can be made in the data folder: after a kill -9 of an uploader its rclone may work beside the next one',
      );
    }
    try {
      const manifest = await upload({
        dataRoot: options.data,
        remote: openRemote(configuration, {
          dataRoot: options.data,
          signal: abort.signal,
          onProgress: (progress) => logger.info({ progress }, 'copying'),
          ...(lock.descriptor === null ? {} : { descriptor: lock.descriptor }),
        }),
        provenance,
        minimumAgeMs,
        retentionMs: uploader.retention,
        manifestRetentionMs: uploader.manifestRetention,
        readBack: uploader.readBack,
        signal: abort.signal,
        log: (fields, message) => logger.info(fields, message),
      });
      const { status, upload_id, remote, errors } = manifest;
      const unverified = manifest.files.filter((file) => !file.verified);
      const fields = {
        status,
        upload_id,
        remote,
        files: manifest.files.length,
        deleted: manifest.files.filter((file) => file.deleted_locally).length,
        unverified,
        errors,
      };
      if (status === 'UPLOAD_FAILED') logger.error(fields, 'upload failed');
      else logger.info(fields, 'upload done');
      return status === 'UPLOAD_FAILED' ? 1 : 0;
    } finally {
      lock.release();
    }
  } finally {
    process.removeListener('SIGTERM', stop);
    process.removeListener('SIGINT', stop);
  }
}

function minimumAgeOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  try {
    return parseDuration(text);
  } catch (error) {
    if (!(error instanceof OrderbooksError)) throw error;
    throw new ConfigurationError('USAGE', `--minimum-age: ${error.message}`, { cause: error });
  }
}
