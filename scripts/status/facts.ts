import type { MarketStatus, TicketStatus } from './policy.ts';
import type { Reading } from './reading.ts';
import type { Fact, StageStatus } from './stage.ts';

/** Limits past which somebody should look; the first is the gates' own freshness (kargo/policy-canary.yaml). */
const OLDEST_FRAME_SECONDS = 60;
/** The uploader starts every ten minutes; several missed runs are no accident. */
const OLDEST_UPLOAD_SECONDS = 3600;
/** Below this share of free space people must act before the recorder does. */
const LEAST_FREE = 0.1;

export interface Row {
  readonly label: string;
  readonly fact: Fact | { readonly text: string; readonly tone: 'unknown' };
}

/** What a Stage's status says, a line for each thing, in the order of a release's way. */
export function stageRows(status: StageStatus): readonly Row[] {
  // Where nobody could see what should run, a recorder that is not there needs a look, too.
  const runs = status.freight.state !== 'absent';
  return [
    row('Freight', status.freight, ({ alias, commit, name }) =>
      plain(`${alias ?? name.slice(0, 12)} ${commit?.slice(0, 12) ?? ''}`.trim()),
    ),
    row('Promotion', status.promotion, ({ phase, message, running }) =>
      running
        ? plain('running')
        : {
            text: message === '' ? phase : `${phase}: ${message}`,
            tone: judged(phase, 'Succeeded'),
          },
    ),
    row('Health', status.health, ({ status: text, issues }) => ({
      text: issues.length === 0 ? text : `${text}: ${issues.join('; ')}`,
      tone: text === 'Progressing' ? 'plain' : judged(text, 'Healthy'),
    })),
    row('Verification', status.verification, ({ phase, message }) => ({
      text: message === '' ? phase : `${phase}: ${message}`,
      tone: ['Pending', 'Running'].includes(phase) ? 'plain' : judged(phase, 'Successful'),
    })),
    row('Evidence', status.evidence, ({ verdict, ageSeconds }) => ({
      text: ageSeconds === null ? verdict : `${verdict} ${ago(ageSeconds)}`,
      tone: verdict === 'RUNNING' ? 'plain' : judged(verdict, 'PASS'),
    })),
    row('Argo CD', status.application, ({ sync, health }) => ({
      text: `${sync}, ${health}`,
      tone: sync === 'Synced' && health === 'Healthy' ? 'good' : 'bad',
    })),
    row('Recorder', status.recorder, recorderFact, runs),
    row('Newest frame', status.archive, frameFact, runs),
    row('Archives', status.archive, ({ closedArchives, trouble }) =>
      trouble > 0
        ? bad(`the disk refuses rows of ${trouble} streams`)
        : plain(`${closedArchives} closed by this pod`),
    ),
    row('Last upload', status.upload, uploadFact, runs),
    row('Disk', status.disk, ({ freeBytes, capacityBytes }) => ({
      text: `${gib(freeBytes)} of ${gib(capacityBytes)} free`,
      tone: freeBytes < capacityBytes * LEAST_FREE ? 'bad' : 'good',
    })),
  ];
}

/** @param installed whether any Stage is there: then a missing calendar blocks promotions */
export function marketRow(market: Reading<MarketStatus>, installed: boolean): Row {
  const say = ({ state, changesAt, knownThrough }: MarketStatus): Fact => {
    const next = state === 'closed' ? 'opens' : 'reopens for promotions';
    const until =
      changesAt === null ? `known through ${knownThrough}` : `${next} ${minute(changesAt)}`;
    if (state === 'closed') return { text: `closed: full may be promoted; ${until}`, tone: 'good' };
    const text = `${state}: promotions to full are blocked; ${until}`;
    return state === 'unknown' ? bad(text) : plain(text);
  };
  return row('Market', market, say, installed);
}

export function ticketRow(ticket: Reading<TicketStatus>): Row {
  return row('Ticket', ticket, ({ id, stage, operator, expiresAt, state }) => {
    const text = `${id} for ${stage} by ${operator}: ${state}, expires ${expiresAt}`;
    return state === 'unreadable' ? bad(text) : plain(text);
  });
}

function recorderFact(
  recorder: Extract<StageStatus['recorder'], { state: 'known' }>['value'],
): Fact {
  const restarts = recorder.restarts === 0 ? '' : `, ${recorder.restarts} restarts`;
  if (recorder.ready) return { text: `ready${restarts}`, tone: 'good' };
  return bad(`not ready${recorder.waiting === null ? '' : ` (${recorder.waiting})`}${restarts}`);
}

function frameFact(archive: Extract<StageStatus['archive'], { state: 'known' }>['value']): Fact {
  const { newestFrameSeconds, activeTokens, connectionsOpen } = archive;
  const of = `${activeTokens ?? 'unknown'} tokens, ${connectionsOpen ?? 'unknown'} connections`;
  if (newestFrameSeconds === null) return bad(`none yet; ${of}`);
  // A clock of this machine that is behind the cluster's makes frames come from the future.
  const seconds = Math.max(0, newestFrameSeconds);
  return {
    text: `${ago(seconds)}; ${of}`,
    tone: seconds > OLDEST_FRAME_SECONDS || !((activeTokens ?? 0) > 0) ? 'bad' : 'good',
  };
}

function uploadFact(upload: Extract<StageStatus['upload'], { state: 'known' }>['value']): Fact {
  if (upload.suspended) return bad('suspended');
  if (upload.lastSuccessSeconds === null) return bad('no run has succeeded yet');
  return {
    text: ago(Math.max(0, upload.lastSuccessSeconds)),
    tone: upload.lastSuccessSeconds > OLDEST_UPLOAD_SECONDS ? 'bad' : 'good',
  };
}

/** What should be there and is not is bad; what could not be looked at is neither good nor bad. */
function row<T>(label: string, reading: Reading<T>, say: (value: T) => Fact, needed = false): Row {
  switch (reading.state) {
    case 'known':
      return { label, fact: say(reading.value) };
    case 'absent':
      return { label, fact: { text: reading.why, tone: needed ? 'bad' : 'plain' } };
    case 'unknown':
      return { label, fact: { text: reading.why, tone: 'unknown' } };
  }
}

function plain(text: string): Fact {
  return { text, tone: 'plain' };
}

function bad(text: string): Fact {
  return { text, tone: 'bad' };
}

function judged(seen: string, wanted: string): Fact['tone'] {
  return seen === wanted ? 'good' : 'bad';
}

const STEPS = [
  { seconds: 86_400, unit: 'd' },
  { seconds: 3600, unit: 'h' },
  { seconds: 60, unit: 'min' },
] as const;

function ago(seconds: number): string {
  const step = STEPS.find((one) => seconds >= 2 * one.seconds);
  return step === undefined
    ? `${seconds} s ago`
    : `${Math.floor(seconds / step.seconds)} ${step.unit} ago`;
}

function gib(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}

function minute(instant: string): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC`;
}
