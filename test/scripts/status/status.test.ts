import { describe, expect, test } from 'vitest';
import { marketRow, stageRows, ticketRow } from '../../../scripts/status/facts.ts';
import { marketStatus, ticketStatus } from '../../../scripts/status/policy.ts';
import { attention, renderScreen, type Screen } from '../../../scripts/status/screen.ts';
import { type Asking, look } from '../../../scripts/status/sources.ts';
import { STAGES, stageStatus } from '../../../scripts/status/stage.ts';
import { SETTINGS } from '../../settings.ts';
import { REASONS } from '../cluster/reasons.ts';
import { HOSTILE } from '../deploy/fake-kubectl.ts';

const NOW = new Date('2026-11-20T12:00:00Z');
const COMMIT = 'a'.repeat(40);
const DIGEST = `sha256:${'b'.repeat(64)}`;
const FREIGHT = { name: 'f00d', commits: [{ id: COMMIT }], images: [{ digest: DIGEST }] };
const OK = { code: 0, error: '' };
const items = (...all: unknown[]) => ({ ...OK, out: JSON.stringify({ items: all }) });

interface Answers {
  readonly [beginning: string]: Awaited<ReturnType<Asking['answer']>> | Error;
}

/** Both Stages well: the canary runs Freight f00d, verified; uploads and frames are fresh. */
const WELL: Answers = {
  'get stages.kargo': items(
    ...['canary', 'full'].map((name) => ({
      metadata: { name },
      status: {
        health: { status: 'Healthy' },
        lastPromotion: { name: `${name}.1`, status: { phase: 'Succeeded' } },
        freightHistory: [
          {
            items: { 'Warehouse/orderbooks': FREIGHT },
            verificationHistory: [{ phase: 'Successful' }],
          },
        ],
      },
    })),
  ),
  'get freights.kargo': items({ metadata: { name: 'f00d' }, alias: 'sartorial-wasp' }),
  'get applications.argoproj': items(
    ...['orderbooks-canary', 'orderbooks-full'].map((name) => ({
      metadata: { name },
      status: { sync: { status: 'Synced' }, health: { status: 'Healthy' } },
    })),
  ),
  'get configmaps': items(
    {
      metadata: { name: 'market-sessions' },
      data: {
        knownThrough: '2026-12-31',
        marginMinutes: '5',
        '2026-11-20': '14:30-21:00',
        '2026-11-21': 'closed',
      },
    },
    { metadata: { name: 'break-glass' }, data: { id: '-' } },
    ...['canary', 'full'].map((stage) => ({
      metadata: { name: `evidence-${stage}-${'a'.repeat(12)}-${'b'.repeat(12)}` },
      data: { verdict: 'PASS', finishedAt: '2026-11-20T11:00:00Z' },
    })),
  ),
  'get pods': items({
    metadata: { name: 'recorder-1' },
    spec: { nodeName: 'node-1' },
    status: {
      phase: 'Running',
      containerStatuses: [{ ready: true, restartCount: 0, imageID: `x@${DIGEST}` }],
    },
  }),
  'get cronjobs': items({
    metadata: { name: 'orderbooks-uploader' },
    spec: {},
    status: { lastSuccessfulTime: '2026-11-20T11:55:00Z' },
  }),
  'get --raw /api/v1/namespaces': {
    ...OK,
    out: `orderbooks_recorder_last_data_frame_timestamp_seconds ${NOW.getTime() / 1000 - 3}\norderbooks_recorder_active_tokens 4\norderbooks_recorder_connections_open 2\norderbooks_archive_closed_total{stream="ws_raw"} 7\norderbooks_archive_trouble{stream="ws_raw"} 0\n`,
  },
  'get --raw /api/v1/nodes': {
    ...OK,
    out: JSON.stringify({
      pods: [SETTINGS.productionNamespace, SETTINGS.canaryNamespace].map((namespace) => ({
        volume: [
          {
            pvcRef: { name: 'orderbooks-data', namespace },
            availableBytes: 40 * 1024 ** 3,
            capacityBytes: 50 * 1024 ** 3,
          },
        ],
      })),
    }),
  },
};

async function screenOf(changes: Answers = {}) {
  const answers = { ...WELL, ...changes };
  const kubectl: Asking = {
    async answer(words) {
      const line = words.join(' ');
      const known = Object.keys(answers).find((beginning) => line.startsWith(beginning));
      const answer = answers[known ?? ''] ?? { code: 1, out: '', error: `unexpected ${line}` };
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  const sources = await look(
    kubectl,
    STAGES.map(({ namespace }) => namespace),
  );
  return {
    heading: 'orderbooks',
    columns: STAGES.map((place) => ({
      title: place.stage,
      rows: stageRows(stageStatus(place, sources, NOW)),
    })),
    below: [marketRow(marketStatus(sources, NOW), true), ticketRow(ticketStatus(sources, NOW))],
  };
}

/** Every row by its name, such as `canary: Disk`. */
function rowsOf({ columns, below }: Screen) {
  return [
    ...columns.flatMap(({ title, rows }) =>
      rows.map(({ label, fact }) => [`${title}: ${label}`, fact] as const),
    ),
    ...below.map(({ label, fact }) => [label, fact] as const),
  ];
}

test('two Stages that are well fit on one screen and need no look', async () => {
  const screen = await screenOf();
  expect(attention(screen)).toEqual([]);
  const text = renderScreen(screen, 100, false);
  expect(text.split('\n').length).toBeLessThan(24);
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  expect(text).toContain(`sartorial-wasp ${'a'.repeat(12)}`);
  expect(text).toContain('3 s ago; 4 tokens, 2 connections');
  expect(text).toContain('40.0 GiB of 50.0 GiB free');
  expect(text).toContain('closed: full may be promoted; opens 2026-11-20 14:25 UTC');
});

test('each thing that is not well is told whole, with the Stage it is about', async () => {
  const pod = { metadata: { name: 'p' }, spec: {}, status: { phase: 'Pending' } };
  const screen = await screenOf({
    'get stages.kargo': items({
      metadata: { name: 'canary' },
      status: {
        health: { status: 'Unknown', issues: ['last Promotion did not succeed'] },
        lastPromotion: {
          name: 'x',
          status: { phase: 'Failed', message: `market gate: ${'long '.repeat(40)}` },
        },
        freightHistory: [
          { items: { w: FREIGHT }, verificationHistory: [{ phase: 'Failed', message: 'metric' }] },
        ],
      },
    }),
    'get pods': items(pod),
    'get cronjobs': items({ metadata: { name: 'orderbooks-uploader' }, spec: { suspend: true } }),
  });
  const text = attention(screen).join('\n');
  expect(text).toContain(`canary: Promotion: Failed: market gate: ${'long '.repeat(40)}`);
  expect(text).toContain('canary: Health: Unknown: last Promotion did not succeed');
  expect(text).toContain('canary: Verification: Failed: metric');
  expect(text).toContain('canary: Recorder: not ready (Pending)');
  expect(text).toContain('canary: Last upload: suspended');
});

/** What is asked for, and the rows that it alone can fill. */
const QUESTIONS: readonly (readonly [question: string, rows: readonly string[]])[] = [
  ['get stages.kargo', ofBoth('Freight', 'Promotion', 'Health', 'Verification', 'Evidence')],
  ['get freights.kargo', ofBoth('Freight')],
  ['get applications.argoproj', ofBoth('Argo CD')],
  ['get configmaps', [...ofBoth('Evidence'), 'Market', 'Ticket']],
  ['get pods', ofBoth('Recorder', 'Newest frame', 'Archives', 'Disk')],
  ['get cronjobs', ofBoth('Last upload')],
  ['get --raw /api/v1/namespaces', ofBoth('Newest frame', 'Archives')],
  ['get --raw /api/v1/nodes', ofBoth('Disk')],
];

function ofBoth(...rows: readonly string[]): readonly string[] {
  return STAGES.flatMap(({ stage }) => rows.map((row) => `${stage}: ${row}`));
}

const ALL_WELL = rowsOf(await screenOf());

describe.each(QUESTIONS)('%s', (question, rows) => {
  const others = ALL_WELL.filter(([name]) => !rows.includes(name));

  test.each(HOSTILE)(
    'that gets %s for an answer makes its rows unknown, with the reason, and no other',
    async (_name, code, { out = '', error = '', code: exit = 0 }) => {
      const screen = await screenOf({ [question]: { code: exit, out, error } });
      const seen = rowsOf(screen);
      for (const [name, { tone, text }] of seen.filter(([label]) => rows.includes(label))) {
        expect([name, tone]).toEqual([name, 'unknown']);
        expect(text).toMatch(REASONS[code] ?? code);
      }
      expect(seen.filter(([name]) => !rows.includes(name))).toEqual(others);
    },
  );
});

test('half of the metrics is unknown, never an old or empty number', async () => {
  const screen = await screenOf({
    'get --raw /api/v1/namespaces': {
      ...OK,
      out: 'orderbooks_recorder_active_tokens 4\norderbooks_rec',
    },
  });
  expect(attention(screen).join('\n')).toContain(
    'could not look at canary: Newest frame, canary: Archives: ',
  );
});

test('frames older than a minute, and a disk with less than a tenth free, need a look', async () => {
  const screen = await screenOf({
    'get --raw /api/v1/namespaces': {
      ...OK,
      out: `orderbooks_recorder_last_data_frame_timestamp_seconds ${NOW.getTime() / 1000 - 61}\norderbooks_recorder_active_tokens 4\n`,
    },
    'get --raw /api/v1/nodes': {
      ...OK,
      out: JSON.stringify({
        pods: [
          {
            volume: [
              {
                pvcRef: { name: 'orderbooks-data', namespace: SETTINGS.productionNamespace },
                availableBytes: 9,
                capacityBytes: 100,
              },
            ],
          },
        ],
      }),
    },
  });
  const text = attention(screen).join('\n');
  expect(text).toContain('canary: Newest frame: 61 s ago');
  expect(text).toContain('full: Disk: ');
});

test('a ticket is open until it is used or expires', async () => {
  const ticket = (expiresAt: string, ledger: object) =>
    screenOf({
      'get configmaps': items(
        { metadata: { name: 'market-sessions' }, data: {} },
        {
          metadata: { name: 'break-glass' },
          data: { id: 'INC-7', stage: 'full', freight: 'f00d', operator: 'ann', expiresAt },
        },
      ),
      'get freights.kargo': items({ metadata: { name: 'f00d' }, status: { metadata: ledger } }),
    });
  const text = async (expiresAt: string, ledger: object) =>
    (await ticket(expiresAt, ledger)).below[1]?.fact.text;
  expect(await text('2026-11-20T13:00:00Z', {})).toContain('INC-7 for full by ann: open');
  expect(await text('2026-11-20T11:00:00Z', {})).toContain('expired');
  expect(await text('2026-11-20T13:00:00Z', { 'breakGlass-full-INC-7': {} })).toContain('used');
  expect(await text('soon', {})).toContain('unreadable');
});

test('a ticket whose ledger nobody could read is not called open', async () => {
  const screen = await screenOf({
    'get configmaps': items({
      metadata: { name: 'break-glass' },
      data: { id: 'INC-7', stage: 'full', freight: 'f00d', expiresAt: '2026-11-20T13:00:00Z' },
    }),
    'get freights.kargo': { code: 1, out: '', error: 'Error from server (Forbidden): no' },
  });
  expect(screen.below[1]?.fact).toMatchObject({
    tone: 'unknown',
    text: expect.stringMatching(/INC-7 for full .*used.*Forbidden/),
  });
});

test('a recorder that is not there needs a look although nobody could see what should run', async () => {
  const refused = { code: 1, out: '', error: 'Error from server (Forbidden): no' };
  const screen = await screenOf({ 'get stages.kargo': refused, 'get pods': items() });
  expect(attention(screen)).toContain('canary: Recorder: no recorder pod');
});

test('a calendar that does not reach today blocks, and is bad', async () => {
  const screen = await screenOf({
    'get configmaps': items({
      metadata: { name: 'market-sessions' },
      data: { knownThrough: '2026-11-19', marginMinutes: '5' },
    }),
  });
  expect(attention(screen).join('\n')).toContain('Market: unknown: promotions to full are blocked');
});
