import { afterEach } from 'vitest';
import { ManualClock } from '../../../runtime/simulator/clock.ts';
import type { Market } from '../../../runtime/simulator/market.ts';
import type { SimulatorOptions } from '../../../runtime/simulator/options.ts';
import { type Simulator, startSimulator } from '../../../runtime/simulator/simulator.ts';
import { Client } from './client.ts';

/** A Saturday at 10:00:30 UTC: half a minute into a 5m and a 15m window. */
export const NOW = Date.parse('2026-11-21T10:00:30Z');
export const SLUG_5M = 'btc-updown-5m-1795255200';
export const SLUG_15M = 'btc-updown-15m-1795255200';

export interface Scene {
  readonly simulator: Simulator;
  readonly clock: ManualClock;
  connect(): Promise<Client>;
  market(slug?: string): Market;
}

/** Simulators on a clock that the test moves. Everything is closed after each test. */
export function scenes(): (options?: SimulatorOptions) => Promise<Scene> {
  const simulators: Simulator[] = [];
  const clients: Client[] = [];
  afterEach(async () => {
    for (const client of clients.splice(0)) client.terminate();
    for (const simulator of simulators.splice(0)) await simulator.close();
  });
  return async (options = {}) => {
    const clock = new ManualClock(NOW);
    const simulator = await startSimulator({ clock, ...options });
    simulators.push(simulator);
    return {
      simulator,
      clock,
      connect: async () => {
        const client = await Client.connect(simulator.websocketUrl);
        clients.push(client);
        return client;
      },
      market: (slug = SLUG_5M) => {
        const market = simulator.exchange.bySlug(slug);
        if (market === undefined) throw new Error(`no market ${slug} at the scene's time`);
        return market;
      },
    };
  };
}

export function tokensOf(...markets: readonly Market[]): string[] {
  return markets.flatMap((market) => [market.tokens.Up, market.tokens.Down]);
}

export async function getJson(url: string): Promise<unknown> {
  return (await fetch(url)).json();
}

export async function postJson(url: string, body: unknown): Promise<Response> {
  return fetch(url, { method: 'POST', body: JSON.stringify(body) });
}
