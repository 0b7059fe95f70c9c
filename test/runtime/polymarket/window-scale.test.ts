import { afterEach, describe, expect, it } from 'vitest';
import { configuration } from '../../../runtime/config/schema.ts';
import { Discovery } from '../../../runtime/polymarket/discovery.ts';
import { createHttpClient, type HttpClient } from '../../../runtime/polymarket/http.ts';
import { NOW, scenes } from '../simulator/scene.ts';

const scene = scenes();
let client: HttpClient;
afterEach(() => client.close());

async function chosenUnder(windowScale: number) {
  const { simulator } = await scene({ windowScale: 0.02, rate: 0 });
  client = createHttpClient({ userAgent: 'test', timeoutMs: 2_000 });
  const { discovery: settings } = configuration.parse({
    discovery: { lookAhead: '10s', keepAfterEnd: '4s', windowScale },
  });
  const discovery = new Discovery(client, simulator.gammaUrl, settings, () => NOW);
  return { simulator, result: await discovery.refresh() };
}

describe('windowScale, which is for simulation only', () => {
  it('finds the short windows of a simulator of the same scale, and when each ends', async () => {
    const { simulator, result } = await chosenUnder(0.02);
    expect(result.problems).toEqual([]);
    expect(result.chosen.filter(({ cadence }) => cadence === '5m')).toHaveLength(3);
    for (const market of result.chosen) {
      const { window, tokens } = simulator.exchange.bySlug(market.slug) ?? {};
      expect(market).toMatchObject({ opensAt: window?.opensAt, endsAt: window?.endsAt });
      expect(market.tokens).toEqual([tokens?.Up, tokens?.Down]);
    }
  });

  it('is 1 unless it is set: windows have their real lengths', async () => {
    const { result } = await chosenUnder(1);
    const lengths = result.chosen.map(({ opensAt, endsAt }) => (endsAt - opensAt) / 60_000);
    expect(lengths.toSorted()).toEqual([15, 5]);
    expect(configuration.parse({}).discovery.windowScale).toBe(1);
  });
});
