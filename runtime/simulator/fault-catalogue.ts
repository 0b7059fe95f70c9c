import { z } from 'zod';

/**
 * Every way in which the simulator can misbehave (facts/polymarket.md §3, §7). `state` faults last until they are ended,
 * `act` faults happen once. `typical` is what a seeded schedule uses: how long, and with which parameters.
 */
export interface FaultKind<Schema extends z.ZodObject = z.ZodObject> {
  readonly kind: 'state' | 'act';
  readonly summary: string;
  /** Shows only on a new connection, so that injecting it resets those that are open, unless told to `keep` them. */
  readonly atConnect: boolean;
  readonly parameters: Schema;
  readonly typical: Typical;
}

interface Typical {
  readonly forMs: number;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

const connection = z.number().int().positive().optional();
const milliseconds = z.number().min(0);
const service = z.enum(['gamma', 'clob', 'both']).default('both');
const share = z.number().min(0).max(1);
const keep = z.boolean().default(false);
const one = z.strictObject({ connection });
const atOpening = z.strictObject({ keep });
const rest = z.strictObject({ service });

const state = <Schema extends z.ZodObject>(
  summary: string,
  parameters: Schema,
  typical: Typical,
  atConnect = false,
): FaultKind<Schema> => ({ kind: 'state', summary, parameters, typical, atConnect });
const act = <Schema extends z.ZodObject>(
  summary: string,
  schema: Schema,
  parameters: Readonly<Record<string, unknown>> = {},
): FaultKind<Schema> => ({
  kind: 'act',
  summary,
  parameters: schema,
  typical: { forMs: 0, parameters },
  atConnect: false,
});
const handshake = <Schema extends z.ZodObject>(summary: string, schema: Schema) =>
  state(summary, schema, { forMs: 3_000 }, true);
const answer = <Schema extends z.ZodObject>(summary: string, schema: Schema) =>
  state(summary, schema, { forMs: 3_000 });

export const FAULTS = {
  stall: state('No data on the connection; PONG is answered.', one, { forMs: 6_000 }),
  'stall-token': state(
    'Nothing about one token: `token`, or a subscribed one whose window is open.',
    z.strictObject({ token: z.string().optional() }),
    { forMs: 6_000 },
  ),
  'half-open': state('The peer vanishes without FIN: nothing comes, nothing is read.', one, {
    forMs: 6_000,
  }),
  'late-dump': state(
    'Opening books come `milliseconds` after the subscription; changes do not wait for them.',
    z.strictObject({ milliseconds: milliseconds.default(1_500), keep }),
    { forMs: 3_000 },
    true,
  ),
  'pong-lag': state(
    'PONG comes `milliseconds` late.',
    z.strictObject({ milliseconds: milliseconds.default(2_000) }),
    { forMs: 4_000 },
  ),
  'snapshot-ceiling': state(
    'Tokens of a connection beyond `tokens` get changes and no opening book.',
    z.strictObject({ tokens: z.number().int().min(0).default(2), keep }),
    { forMs: 3_000 },
    true,
  ),
  'subscribe-limit': state(
    'A subscription of more than `tokens` is answered by the end of the connection 150 ms later.',
    z.strictObject({ tokens: z.number().int().min(0).default(2), keep }),
    { forMs: 3_000 },
    true,
  ),
  refuse: handshake('Connections are reset before the handshake.', atOpening),
  'handshake-403-html': handshake("Cloudflare's 403 page.", atOpening),
  'handshake-403-1010': handshake('403 with the text `error code: 1010`.', atOpening),
  'handshake-429': handshake('429 without Retry-After.', atOpening),
  'handshake-429-retry-after': handshake(
    '429 with Retry-After of `seconds`.',
    z.strictObject({ seconds: z.number().min(0).default(2), keep }),
  ),
  'handshake-503': handshake('503.', atOpening),
  'handshake-hang': handshake('The handshake is never answered.', atOpening),
  reset: act('The connection is reset (RST).', one),
  cut: act('The connection ends without a close frame (FIN).', one),
  'close-1000': act('Close 1000 `all subscribed assets resolved`, although they are not.', one),
  'close-1001': act('Close 1001.', one),
  'close-1013': act('Close 1013 `slow consumer: send buffer full`.', one),
  'close-invalid-utf8': act('Close 1011 with a reason that is no UTF-8.', one),
  'huge-frame': act(
    'A text frame of `bytes`.',
    z.strictObject({ connection, bytes: z.number().int().positive().default(104_857_600) }),
  ),
  'binary-frame': act('A binary frame, which the service never sends.', one),
  'invalid-utf8-frame': act('A text frame that is no UTF-8.', one),
  'lose-change': act(
    'The next `count` price changes reach nobody, though the books have them.',
    z.strictObject({ count: z.number().int().positive().default(1) }),
    { count: 3 },
  ),
  'tick-change': act(
    'Tick size 0.01 → 0.001 of the market `slug`, or of every open one.',
    z.strictObject({ slug: z.string().optional() }),
  ),
  'new-market-storm': act(
    'One new_market event `count` times (146 were seen).',
    z.strictObject({ count: z.number().int().positive().default(146) }),
  ),
  'odd-forms': state(
    'Spaces after commas, arrays of mixed events, unknown types and fields, duplicates, trade prices hashed before they are told; each a share, or true.',
    z.strictObject({
      spaced: z.boolean().default(true),
      arrays: share.default(0.2),
      surprises: share.default(0.05),
      duplicates: share.default(0.05),
      tradePriceLead: share.default(0.2),
    }),
    { forMs: 4_000 },
  ),
  load: state(
    'Beside all else, `frames` per second of about 600 bytes to each connection.',
    z.strictObject({ frames: z.number().positive().default(5_000) }),
    { forMs: 4_000, parameters: { frames: 20_000 } },
  ),
  'blank-tokens': state('Gamma lists markets without token ids.', z.strictObject({}), {
    forMs: 4_000,
  }),
  'rest-403-html': answer("Cloudflare's 403 page.", rest),
  'rest-403-1010': answer('403 with the text `error code: 1010`.', rest),
  'rest-429': answer('429 without Retry-After.', rest),
  'rest-429-retry-after': answer(
    '429 with Retry-After of `seconds`.',
    z.strictObject({ service, seconds: z.number().min(0).default(2) }),
  ),
  'rest-500': answer('500 with a JSON error.', rest),
  'rest-502-html': answer("The gateway's 502 page.", rest),
  'rest-503': answer('503 `Trading is currently disabled`.', rest),
  'rest-latency': state(
    'Answers come `milliseconds` late, as throttling shows first.',
    z.strictObject({ service, milliseconds: milliseconds.default(1_000) }),
    { forMs: 4_000, parameters: { milliseconds: 1_500 } },
  ),
  'rest-hang': answer('Requests are never answered.', rest),
  'rest-reset': answer('Requests are answered by a reset.', rest),
  'rest-slow-loris': answer('The body trickles, a byte every 100 ms.', rest),
  'rest-truncated': answer('The connection ends in the middle of the body.', rest),
  'rest-endless-array': answer('A JSON array that does not end.', rest),
  'rest-zip-bomb': answer(
    'A gzip body that nobody asked for: 50 kB that would become 50 MB.',
    rest,
  ),
  'rest-invalid-utf8': answer('A JSON body that is no UTF-8.', rest),
} as const satisfies Readonly<Record<string, FaultKind>>;

export type FaultName = keyof typeof FAULTS;

export const FAULT_NAMES = Object.keys(FAULTS) as readonly FaultName[];

export function isFaultName(text: string): text is FaultName {
  return Object.hasOwn(FAULTS, text);
}

/** What `parameters` are once their defaults are filled in. */
export type ParametersOf<Name extends FaultName> = z.output<(typeof FAULTS)[Name]['parameters']>;

/** A table for `--help`: name, kind, parameters and their defaults, summary. */
export function faultTable(): string {
  return FAULT_NAMES.map((name) => {
    const { kind, summary, parameters }: FaultKind = FAULTS[name];
    const keys = Object.keys(parameters.shape).filter((key) => key !== 'keep');
    const given = keys.length === 0 ? '' : ` {${keys.join(', ')}}`;
    return `  ${`${name}${given}`.padEnd(40)} ${kind.padEnd(6)} ${summary}`;
  }).join('\n');
}
