import { RehearsalError } from './error.ts';
import type { Fault } from './faults.ts';

/** The defects that a rehearsal can release, each with the check that is meant for it. */
export const FAULTS: readonly Fault[] = [
  {
    name: 'truncated-archives',
    about: 'its recorder leaves the end of every archive unwritten',
    check: 'archives-parse',
    patches: [
      {
        file: 'runtime/archive/segment.ts',
        find: 'this.#keep(await this.#compressor.finish());',
        replace: 'await this.#compressor.finish();',
      },
    ],
  },
  {
    name: 'drops-frames',
    about: 'its recorder drops one frame in a thousand',
    check: 'sequences-gapless',
    patches: [
      {
        file: 'runtime/recorder/drain.ts',
        find: '    const sequence = sink.append({\n',
        // The first one early, so that short runs lose one too.
        replace:
          '    this.#seen = (this.#seen + 1) % 1000;\n    if (this.#seen === 300) return true;\n    const sequence = sink.append({\n',
      },
      {
        file: 'runtime/recorder/drain.ts',
        find: '  #scheduled = false;\n',
        replace: '  #scheduled = false;\n  #seen = 0;\n',
      },
    ],
  },
  {
    name: 'never-reconnects',
    about: 'its recorder never reconnects',
    check: 'connections-recover',
    patches: [
      {
        file: 'runtime/recorder/connection.ts',
        find: 'this.#reconnect = setTimeout(() => this.#connect(), delay);',
        replace: 'this.#reconnect = setTimeout(() => undefined, delay);',
      },
    ],
  },
  {
    name: 'restart-destroys-archives',
    about: 'its recorder empties the raw folder when it starts',
    check: 'prior-archive-unchanged',
    patches: [
      {
        file: 'runtime/recorder/command.ts',
        find: "    logger.info({ port: probes.port }, 'probes and metrics are served');\n",
        replace:
          "    const { rm } = await import('node:fs/promises');\n    await rm(`${options.data}/raw_orderbooks`, { recursive: true, force: true });\n",
      },
    ],
  },
  {
    name: 'lying-uploader',
    about: 'its uploader reports success without uploading',
    check: 'remote-holds-upload',
    patches: [
      {
        file: 'runtime/uploader/upload.ts',
        find: '    await remote.copy(files);\n',
        replace: '',
      },
      {
        file: 'runtime/uploader/upload.ts',
        find: 'await remote.verify(files, uploadDepth(this.#readBack));',
        replace:
          "{ by: 'content', results: new Map(files.map((file) => [file.path, null] as const)) };",
      },
    ],
  },
  {
    name: 'uploads-elsewhere',
    about: 'its uploader and its inspector agree on another place than the one they report',
    check: 'remote-holds-upload',
    patches: [
      {
        file: 'runtime/uploader/open-remote.ts',
        find: "  return remote.type === 'rclone'\n    ? rcloneRemote(remote.target, options)\n    : directoryRemote(remote.target, options);\n",
        replace:
          "  const elsewhere = `${remote.target}-elsewhere`;\n  if (remote.type === 'directory') process.getBuiltinModule('node:fs').mkdirSync(elsewhere, { recursive: true });\n  const opened = remote.type === 'rclone' ? rcloneRemote(elsewhere, options) : directoryRemote(elsewhere, options);\n  return { ...opened, target: remote.target };\n",
      },
    ],
  },
  {
    name: 'wrong-image',
    about: "its digest leads to version 1's image on the node",
    check: 'recorder-on-promoted-digest',
    patches: [],
    runsWrongImage: true,
  },
  {
    name: 'rewritten-payloads',
    about: 'its recorder tidies the text of frames before it archives them',
    check: 'payload-hashes',
    patches: [
      {
        file: 'runtime/recorder/drain.ts',
        find: 'raw_text: entry.payload,',
        replace: 'raw_text: entry.payload.toString().trim().replace(\'","\', \'", "\'),',
      },
    ],
  },
  {
    name: 'no-checkpoints',
    about: 'its recorder asks for REST books with a misspelt key',
    check: 'checkpoints-succeed',
    patches: [
      {
        file: 'runtime/polymarket/clob.ts',
        find: '({ token_id: token })',
        replace: '({ token: token })',
      },
    ],
  },
  {
    name: 'hidden-stalls',
    about: 'its recorder renamed the counter that alerts watch',
    check: 'counters-exposed',
    patches: [
      {
        file: 'runtime/recorder/metrics.ts',
        find: "'orderbooks_recorder_stalls_total',",
        replace: "'orderbooks_recorder_silences_total',",
      },
    ],
  },
  {
    name: 'deaf-recorder',
    about: 'its recorder subscribes with the singular key, which the feed ignores without a word',
    check: 'recorder-receives',
    patches: [
      {
        file: 'runtime/polymarket/market-socket.ts',
        find: 'this.#send({ ...opening, assets_ids: chunk, ...type, custom_feature_enabled: true });',
        replace:
          'this.#send({ ...opening, asset_id: chunk, ...type, custom_feature_enabled: true });',
      },
    ],
  },
  {
    name: 'uploads-no-frames',
    about: 'its uploader passes over the websocket archives',
    check: 'upload-verified',
    patches: [
      {
        file: 'runtime/uploader/candidates.ts',
        find: "if (kind !== 'file' || parseArchiveName(path) === null) continue;",
        replace:
          "if (kind !== 'file' || parseArchiveName(path) === null || path.includes('/ws_raw/')) continue;",
      },
    ],
  },
  {
    name: 'thinned-frames',
    about: 'its recorder leaves out every tenth frame before it numbers them',
    check: 'comparison-events',
    patches: [
      {
        file: 'runtime/recorder/connection.ts',
        find: '      frame: (payload) => this.#frame(payload),\n',
        replace:
          '      frame: (payload) => {\n        if (this.#frames % 10 === 9) this.#frames++;\n        else this.#frame(payload);\n      },\n',
      },
    ],
  },
  {
    name: 'checkpoints-end',
    about: 'its recorder is content with one good round of checkpoints',
    check: 'checkpoints-continue',
    patches: [
      {
        file: 'runtime/recorder/checkpoints.ts',
        find: '          : options.interval;\n    await pauseFor',
        replace: '          : 86_400_000;\n    await pauseFor',
      },
    ],
  },
];

/** @throws RehearsalError FAULT_UNKNOWN with the names that exist */
export function faultNamed(name: string): Fault {
  const fault = FAULTS.find((candidate) => candidate.name === name);
  if (fault !== undefined) return fault;
  throw new RehearsalError(
    'FAULT_UNKNOWN',
    `expected one of ${FAULTS.map((known) => known.name).join(', ')}, got ${name}`,
  );
}
