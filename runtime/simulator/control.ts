import { z } from 'zod';
import { OrderbooksError } from '../errors.ts';
import type { Connection } from './connection.ts';
import type { Exchange } from './exchange.ts';
import { FAULT_NAMES, isFaultName } from './fault-catalogue.ts';
import type { FaultInjector } from './fault-injector.ts';
import type { Faults } from './faults.ts';
import { failure, json, type Reply, type Request } from './http.ts';
import { SCALABLE_CADENCES } from './market.ts';

/** What a person or a test can ask of a running simulator. All bodies are JSON; an unknown key is an error. */
export interface ControlOptions {
  readonly exchange: Exchange;
  readonly faults: Faults;
  readonly injector: FaultInjector;
  readonly now: () => number;
  readonly connections: () => readonly Connection[];
  readonly health: () => object;
  readonly statistics: () => object;
}

const connectionNumber = z.number().int().positive();
const drop = z.strictObject({
  /** All of them without it. */
  connection: connectionNumber.optional(),
  /** `reset` sends RST, `cut` FIN without a close frame; the numbers are close codes. */
  how: z.union([z.enum(['reset', 'cut']), z.literal([1000, 1001, 1013])]).default('reset'),
});
const stall = z
  .strictObject({ connection: connectionNumber.optional(), token: z.string().optional() })
  .refine((body) => body.connection === undefined || body.token === undefined, {
    message: 'name a connection or a token, not both; neither stalls every connection',
  });
const pongLag = z.strictObject({ milliseconds: z.number().min(0) });
const mint = z.strictObject({
  cadence: z.enum(SCALABLE_CADENCES).default('5m'),
  /** From now; the window opens at a whole second. */
  opensInSeconds: z.number().int().default(0),
});
const settle = z.strictObject({ slug: z.string() });
/** Any fault of the catalogue; without `seconds` a state lasts until `/recover`. */
const inject = z.strictObject({
  fault: z.string(),
  seconds: z.number().positive().optional(),
  with: z.record(z.string(), z.unknown()).default({}),
});
const recover = z.strictObject({
  /** All of them without it. */
  fault: z
    .string()
    .refine(isFaultName, { error: `expected one of ${FAULT_NAMES.join(', ')}` })
    .optional(),
});

type Action = (body: unknown, options: ControlOptions) => Reply;

const ACTIONS: Readonly<Record<string, Action>> = {
  '/drop': action(drop, (body, { connections }) => {
    const chosen = connections().filter(
      (connection) => body.connection === undefined || body.connection === connection.number,
    );
    for (const connection of chosen) end(connection, body.how);
    return json({ dropped: chosen.map((connection) => connection.number) });
  }),
  '/stall': action(stall, (body, { faults }) => {
    if (body.connection !== undefined) faults.stalledConnections.add(body.connection);
    else if (body.token !== undefined) faults.stalledTokens.add(body.token);
    else faults.allStalled = true;
    return json(described(faults));
  }),
  '/pong-lag': action(pongLag, (body, { faults }) => {
    faults.pongLag = body.milliseconds;
    return json(described(faults));
  }),
  '/recover': action(recover, (body, { faults, injector }) => {
    injector.end(body.fault);
    if (body.fault === undefined) faults.clear();
    return json(described(faults));
  }),
  '/inject': action(inject, (body, { injector }) => {
    const forMs = body.seconds === undefined ? null : body.seconds * 1000;
    try {
      return json(injector.inject(body.fault, body.with, forMs));
    } catch (error) {
      if (error instanceof OrderbooksError) return failure(400, error.message);
      throw error;
    }
  }),
  '/mint': action(mint, (body, { exchange, now }) => {
    const opensAt = (Math.floor(now() / 1000) + body.opensInSeconds) * 1000;
    const market = exchange.mint(body.cadence, opensAt, now());
    if (market === null) return failure(409, 'a market of that slug exists; choose another second');
    return json({ slug: market.window.slug, tokens: market.tokens });
  }),
  '/settle': action(settle, (body, { exchange, now }) => {
    const market = exchange.bySlug(body.slug);
    if (market === undefined || !exchange.settle(market, now())) {
      return failure(404, `no market ${body.slug} with a book`);
    }
    return json({ slug: body.slug, winner: market.winner });
  }),
};

export function control(options: ControlOptions): (request: Request) => Reply {
  return (request) => {
    if (request.method === 'GET') {
      if (request.path === '/health') return json(options.health());
      if (request.path === '/statistics') return json(options.statistics());
      if (request.path === '/faults')
        return json({ ...described(options.faults), injected: options.injector.counts });
    }
    const known = ACTIONS[request.path];
    if (known === undefined || request.method !== 'POST') {
      return failure(
        404,
        `expected GET /health, /statistics, /faults or POST ${Object.keys(ACTIONS).join(', ')}; got ${request.method} ${request.path}`,
      );
    }
    let body: unknown;
    try {
      body = request.body === '' ? {} : JSON.parse(request.body);
    } catch (error) {
      return failure(400, `expected a JSON object, got ${String(error)}`);
    }
    return known(body, options);
  };
}

function action<Body>(
  schema: z.ZodType<Body>,
  run: (body: Body, options: ControlOptions) => Reply,
): Action {
  return (body, options) => {
    const parsed = schema.safeParse(body);
    return parsed.success ? run(parsed.data, options) : failure(400, z.prettifyError(parsed.error));
  };
}

function end(connection: Connection, how: z.infer<typeof drop>['how']): void {
  if (how === 'reset' || how === 'cut') connection.cut(how);
  else
    connection.close(({ 1000: 'normal', 1001: 'going_away', 1013: 'slow_consumer' } as const)[how]);
}

function described(faults: Faults): object {
  return {
    all_stalled: faults.allStalled,
    stalled_connections: [...faults.stalledConnections],
    stalled_tokens: [...faults.stalledTokens],
    pong_lag_milliseconds: faults.pongLag,
    on: faults.names(),
  };
}
