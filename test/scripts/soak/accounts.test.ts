import { describe, expect, it } from 'vitest';
import type { NewRow } from '../../../runtime/archive/row-line.ts';
import { ArchiveWriter } from '../../../runtime/archive/writer.ts';
import { Accounts } from '../../../scripts/soak/accounts.ts';
import { SentLedger } from '../../../scripts/soak/sent-frames.ts';
import { frame, LIMITS, provenanceOf, sha256, withFolder } from '../../runtime/archive/rows.ts';

const AT = Date.parse('2026-11-21T10:00:00Z');

function gapOf(connection: string, reason: 'connect' | 'disconnect', lost?: number): NewRow {
  return {
    type: 'gap',
    connection_id: connection,
    reason: lost === undefined ? reason : 'overflow',
    since: '2026-11-21T10:00:00.000000Z',
    at: '2026-11-21T10:00:02.000000Z',
    detail: 'made by a test',
    ...(lost === undefined ? {} : { lost_frames: lost }),
  };
}

/** Frames of one connection, each a letter. */
const framesOf = (letters: string, connection = 'ws1-1') =>
  [...letters].map((text, index) => frame(index, { connection, text }));

/** Sends `letters` on connection `number`; it is closed with all of them flushed. */
function send(
  ledger: SentLedger,
  number: number,
  letters: string,
  closed = true,
  openedAt = AT,
): void {
  ledger.sink({ type: 'open', connection: number, at: openedAt, local_port: 1, remote_port: 2 });
  for (const [sequence, text] of [...letters].entries()) {
    const bytes = text.length;
    ledger.sink({
      type: 'frame',
      connection: number,
      sequence,
      at: AT,
      bytes,
      sha256: sha256(text),
    });
  }
  if (!closed) return;
  const all = { handed: letters.length, flushed: letters.length, unsent: 0 };
  ledger.sink({
    type: 'close',
    connection: number,
    at: AT + 1,
    ended: 'client',
    code: 1006,
    ...all,
  });
}

async function settled(ledger: SentLedger, rows: readonly NewRow[]) {
  return withFolder(async (folder) => {
    const writer = await ArchiveWriter.open({
      dataRoot: folder,
      stream: 'ws_raw',
      provenance: provenanceOf('run1'),
      limits: LIMITS,
      onEvent: () => undefined,
    });
    for (const row of rows) writer.append(row);
    await writer.close();
    const accounts = new Accounts(folder, ledger);
    await accounts.look();
    const early = { ...accounts.totals };
    await accounts.look(true);
    return { early, totals: accounts.totals };
  });
}

describe("a soak's accounts", () => {
  it('come out even when every frame is archived', async () => {
    const ledger = new SentLedger();
    send(ledger, 1, 'abcdef');
    const { totals } = await settled(ledger, framesOf('abcdef'));
    expect(totals).toMatchObject({ sent: 6, archived: 6, missing: 0, foreign: 0, problems: [] });
  });

  it('settle a connection as soon as it is over on both sides, and not before', async () => {
    const ledger = new SentLedger();
    send(ledger, 1, 'abcd');
    send(ledger, 2, 'wxyz', false);
    const { early, totals } = await settled(ledger, [
      ...framesOf('abc'),
      gapOf('ws1-1', 'disconnect'),
      ...framesOf('wxyz', 'ws1-2'),
      gapOf('ws1-2', 'disconnect'),
    ]);
    expect(early).toMatchObject({ connections: 1, sent: 4, archived: 3, inGaps: 1 });
    expect(totals).toMatchObject({ connections: 2, sent: 8, archived: 7, inGaps: 1, missing: 0 });
  });

  it.each([
    ['a frame is not there', 'abcdef', framesOf('abdef'), { missing: 1, foreign: 0 }],
    ['a frame is there twice', 'abcdef', framesOf('abbcdef'), { missing: 0, foreign: 1 }],
    [
      'the last frames are not there and no gap says so',
      'abcdef',
      framesOf('abcd'),
      { missing: 2 },
    ],
    ['nothing of a connection is there', 'abc', [], { missing: 3 }],
    ['frames are there that nobody sent', 'abc', framesOf('xyz'), { missing: 3, foreign: 3 }],
  ])('do not come out even when %s', async (_what, letters, rows, expected) => {
    const ledger = new SentLedger();
    send(ledger, 1, letters);
    const { totals } = await settled(ledger, rows);
    expect(totals).toMatchObject(expected);
    expect(totals.problems.length).toBeGreaterThan(0);
  });

  it('take an overflow gap for as many frames as it counts, and a gap for a connection never seen', async () => {
    const ledger = new SentLedger();
    send(ledger, 1, 'abcdef');
    send(ledger, 2, 'uv');
    const { totals } = await settled(ledger, [
      ...framesOf('ab'),
      gapOf('ws1-1', 'connect', 2),
      frame(4, { connection: 'ws1-1', text: 'e' }),
      frame(5, { connection: 'ws1-1', text: 'f' }),
      gapOf('ws1-2', 'disconnect'),
    ]);
    expect(totals).toMatchObject({ sent: 8, archived: 4, inGaps: 4, missing: 0, problems: [] });
    expect(totals.gaps).toEqual({ overflow: 1, disconnect: 1 });
  });

  it('tell connections apart that begin with the same frames by when they were opened', async () => {
    const ledger = new SentLedger();
    send(ledger, 1, 'abc', true, AT);
    send(ledger, 2, 'a', true, AT + 10_000);
    send(ledger, 3, 'a', true, AT + 20_000);
    const at = new Date(AT + 10_100).toISOString();
    const rows = [
      frame(0, { connection: 'ws1-1', text: 'a', at }),
      gapOf('ws1-1', 'disconnect'),
      ...[...'abc'].map((text, index) =>
        frame(index, { connection: 'ws1~1', text, at: new Date(AT + 100).toISOString() }),
      ),
      frame(0, { connection: 'ws1-2', text: 'a', at: new Date(AT + 20_100).toISOString() }),
    ];
    const { totals } = await settled(ledger, rows);
    expect(totals).toMatchObject({ sent: 5, archived: 5, missing: 0, foreign: 0, problems: [] });
  });
});
