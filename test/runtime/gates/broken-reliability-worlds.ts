import { type BrokenWorld, brokenWorlds } from './broken-world.ts';
import { eachArchive } from './broken-worlds.ts';

const DATA_FRAMES = /(orderbooks_recorder_data_frames_total) \d+/;

const broken = brokenWorlds('ws-reliability', undefined, {
  freshness: 15_000,
  reconnectWithin: 20_000,
});

/** Defects that a reliability window has to see, each for one check of ws-reliability. */
export const BROKEN_RELIABILITY_WORLDS: readonly BrokenWorld[] = [
  broken('data-advances', 'the count stands still in the middle of the window', (world) => {
    const begun = world.time;
    world.change.metrics = (text) =>
      world.time > begun + 20_000 && world.time < begun + 50_000
        ? text.replace(DATA_FRAMES, '$1 100')
        : text;
  }),
  broken('data-advances', 'the count is no number', (world) => {
    world.change.metrics = (text) => text.replace(DATA_FRAMES, '$1 NaN');
  }),
  broken('data-advances', 'nothing is written to the disk any more', (world) => {
    world.change.inspect = (report) => ({
      ...report,
      open: report.open.map((one) => ({ ...one, modified_at: '2026-11-21T09:59:59.000Z' })),
      archives: report.archives.map((one) => ({
        ...one,
        last_received_at: '2026-11-21T09:59:59.000Z',
      })),
    });
  }),
  broken('checkpoints-continue', 'no checkpoint succeeds during the window', (world) => {
    world.change.metrics = (text) => text.replace(/(result="ok"\}) \d+/, '$1 7');
  }),
  broken('checkpoints-continue', 'most checkpoints fail during the window', (world) => {
    const begun = world.time;
    world.change.metrics = (text) =>
      text.replace(/(result="failed"\}) \d+/, `$1 ${Math.floor((world.time - begun) / 1000)}`);
  }),
  broken('checkpoints-continue', 'checkpoints are not counted', (world) => {
    world.change.metrics = (text) => text.replace(/.*result="ok".*\n/, '');
  }),
  broken('window-archives-parse', 'an archive is cut off', (world) => {
    eachArchive(world, 'ws_raw_0_promoted', { complete: false, errors: ['cut off'] });
  }),
  broken('window-archives-parse', 'a payload does not hash', (world) => {
    eachArchive(world, 'ws_raw_0_promoted', { payload_mismatches: 1, errors: ['x'] });
  }),
  broken('window-archives-parse', 'a frame is missing', (world) => {
    eachArchive(world, 'ws_raw_0_promoted', { connection_sequence_breaks: 1, errors: ['x'] });
  }),
  broken('window-archives-parse', 'something could not be read', (world) => {
    world.change.inspect = (report) => ({ ...report, problems: ['a link leads to /etc'] });
  }),
  broken('outages-recover', 'a connection is gone for longer than it may be', (world) => {
    const begun = world.time;
    world.change.metrics = (text) =>
      world.time > begun + 10_000 && world.time < begun + 45_000
        ? text.replace('connections_open 1', 'connections_open 0')
        : text;
  }),
  broken('outages-recover', 'no connection is open at the end', (world) => {
    const begun = world.time;
    world.change.metrics = (text) =>
      world.time > begun + 55_000 ? text.replace('connections_open 1', 'connections_open 0') : text;
  }),
  broken('outages-recover', 'the counter of stalls falls', (world) => {
    const begun = world.time;
    world.change.metrics = (text) =>
      text.replace('stalls_total 0', `stalls_total ${world.time > begun + 30_000 ? 0 : 3}`);
  }),
  broken('outages-recover', 'reconnects are not counted', (world) => {
    world.change.metrics = (text) => text.replace(/.*reconnects_total.*\n/, '');
  }),
  broken('outages-recover', 'the data is stale at the end', (world) => {
    const begun = world.time;
    world.change.metrics = (text) =>
      world.time > begun + 40_000
        ? text.replace(/(last_data_frame_timestamp_seconds) \S+/, `$1 ${(begun + 20_000) / 1000}`)
        : text;
  }),
];
