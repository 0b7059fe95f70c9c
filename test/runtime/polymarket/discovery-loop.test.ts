import { afterEach, describe, expect, it } from 'vitest';
import { configuration } from '../../../runtime/config/schema.ts';
import { createLogger } from '../../../runtime/observability/logger.ts';
import { Discovery } from '../../../runtime/polymarket/discovery.ts';
import { runDiscovery } from '../../../runtime/polymarket/discovery-loop.ts';
import type { DiscoveryManifest } from '../../../runtime/polymarket/discovery-manifest.ts';
import { createHttpClient, type HttpClient } from '../../../runtime/polymarket/http.ts';
import { recorderMetrics } from '../../../runtime/recorder/metrics.ts';
import { until } from '../recorder/feed-server.ts';
import { gammaEvent, type Reply, type ScriptedServer, scriptedServer } from './gamma-server.ts';

/** Half a second before a 5m window ends and the next one opens. */
const BEFORE = Date.UTC(2026, 10, 21, 10, 4, 59, 500);
const LIMITED = { cadences: ['5m'], marketLimit: 1, interval: '30s' };

let server: ScriptedServer;
let client: HttpClient;
const stop = new AbortController();
afterEach(async () => {
  stop.abort();
  await client.close();
  await server.close();
});

describe('the loop of discovery', () => {
  it('hands a place on when its window ends, long before Gamma is asked again', async () => {
    const chosen: string[][] = [];
    const manifests: DiscoveryManifest[] = [];
    const began = performance.now();
    await start(LIMITED, () => BEFORE + performance.now() - began, chosen, manifests);
    await until('the rollover', () => chosen.length === 2);
    const second = BEFORE / 1000 + 0.5;
    expect(chosen).toEqual([[`btc-updown-5m-${second - 300}`], [`btc-updown-5m-${second}`]]);
    expect(server.requests.filter(({ path }) => path === '/events')).toHaveLength(1);
    await until('its manifest', () => manifests.length === 2);
    expect(manifests.map(({ market_limit, component }) => [market_limit, component])).toEqual([
      [1, 'ws-recorder'],
      [1, 'ws-recorder'],
    ]);
    expect(manifests[1]?.left_out).toContainEqual({
      slug: `btc-updown-5m-${second - 300}`,
      reason: 'the market limit of 1 is taken by others',
    });
  });
});

async function start(
  discovery: object,
  now: () => number,
  chosen: string[][],
  manifests: DiscoveryManifest[],
): Promise<void> {
  server = await scriptedServer(
    (path, query): Reply => ({
      body:
        path === '/events' ? query.getAll('slug').map((slug) => gammaEvent(slug)) : { events: [] },
    }),
  );
  client = createHttpClient({ userAgent: 'test', timeoutMs: 2_000 });
  const { discovery: settings } = configuration.parse({ discovery });
  void runDiscovery(
    {
      discovery: new Discovery(client, server.url, settings, now),
      settings,
      component: 'ws-recorder',
      provenance: {
        run_id: 'run',
        git_sha: '',
        image: '',
        config_sha256: '0'.repeat(64),
        pod: '',
      },
      choose: (markets) => void chosen.push(markets.map(({ slug }) => slug)),
      keep: async (manifest) => void manifests.push(manifest),
      metrics: recorderMetrics({ revision: '', image: '' }),
      logger: createLogger('error', {}, { write: () => undefined }),
    },
    stop.signal,
  );
}
