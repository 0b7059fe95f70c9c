import type { Sample } from '../../runtime/gates/facts.ts';

const COLUMNS = [
  ['time', 9],
  ['frames/s', 9],
  ['data frames', 12],
  ['age s', 7],
  ['tokens', 7],
  ['open', 5],
  ['reconn', 7],
  ['stalls', 7],
  ['lost', 5],
  ['ckpt ok', 8],
  ['failed', 7],
  ['diverged', 9],
] as const;

export function tableHead(): string {
  return COLUMNS.map(([name, width]) => name.padStart(width)).join(' ');
}

/** One line for a poll; `before` is the one before it, for the rate. */
export function tableLine(sample: Sample, before: Sample | null): string {
  const { metrics, at } = sample;
  const of = (name: string, from: Sample = sample) =>
    from.metrics.value(`orderbooks_recorder_${name}`);
  const newest = of('last_data_frame_timestamp_seconds');
  const checkpoint = (result: string) =>
    metrics.value('orderbooks_recorder_checkpoints_total', { result });
  const cells = [
    at.toISOString().slice(11, 19),
    before === null ? '-' : rate(of('frames_total'), of('frames_total', before), at, before.at),
    shown(of('data_frames_total')),
    newest === null || newest === 0 ? '-' : Math.max(0, at.getTime() / 1000 - newest).toFixed(1),
    shown(of('active_tokens')),
    shown(of('connections_open')),
    shown(of('reconnects_total')),
    shown(of('stalls_total')),
    shown(of('lost_frames_total')),
    shown(checkpoint('ok')),
    shown(checkpoint('failed')),
    shown(of('divergences_total')),
  ];
  return COLUMNS.map(([, width], index) => (cells[index] ?? '').padStart(width)).join(' ');
}

function rate(now: number | null, before: number | null, at: Date, since: Date): string {
  const passed = (at.getTime() - since.getTime()) / 1000;
  return now === null || before === null || passed <= 0
    ? '-'
    : ((now - before) / passed).toFixed(1);
}

function shown(value: number | null): string {
  return value === null ? '-' : String(value);
}
