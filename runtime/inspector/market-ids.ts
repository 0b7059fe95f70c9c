import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isSystemError } from '../archive/error.ts';
import { DISCOVERY_FOLDER, RUN_MANIFEST_FOLDER } from '../archive/layout.ts';
import { walk } from '../archive/walk.ts';
import { ConfigurationError } from '../config/error.ts';
import { suggestion } from '../config/suggestion.ts';

/** What is known of a market below a data root. */
export interface MarketIds {
  readonly slug: string | null;
  readonly conditionId: string | null;
  readonly tokens: readonly string[];
}

/** How frames name a market, a token: `"market":"0x…"`, `"asset_id":"…"` (docs.polymarket.com, market channel). */
const CONDITION_ID = /^0x[0-9a-f]{64}$/;
const TOKEN = /^\d{20,80}$/;
const SLUG = /^[a-z0-9]+(-[a-z0-9]+)+$/;

const market = z.object({
  slug: z.string(),
  condition_id: z.string(),
  tokens: z.array(z.string()),
});
/** Run manifests have `markets`, discovery manifests `found`. */
const manifest = z.object({
  markets: z.array(market).optional(),
  found: z.array(market).optional(),
});

/**
 * The market that `name` names: its slug, its condition id, or one of its tokens. A token stands for itself alone. A
 * condition id is good without a manifest that knows it; a slug is not, because frames do not carry it.
 *
 * Throws `ConfigurationError` when `name` is none of the three, or no manifest knows the slug.
 */
export async function findMarket(dataRoot: string, name: string): Promise<MarketIds> {
  if (TOKEN.test(name)) return { slug: null, conditionId: null, tokens: [name] };
  if (!CONDITION_ID.test(name) && !SLUG.test(name)) {
    throw new ConfigurationError(
      'USAGE',
      `--export: expected a slug such as btc-updown-15m-1764000000, a condition id (0x and 64 hexadecimal digits) or a token id (decimal), got ${JSON.stringify(name)}`,
    );
  }
  const slugs = new Set<string>();
  for await (const one of knownMarkets(dataRoot)) {
    slugs.add(one.slug);
    if (one.slug === name || one.condition_id === name) {
      return { slug: one.slug, conditionId: one.condition_id, tokens: one.tokens };
    }
  }
  if (CONDITION_ID.test(name)) return { slug: null, conditionId: name, tokens: [] };
  const like = suggestion(name, slugs);
  throw new ConfigurationError(
    'USAGE',
    `--export: no run or discovery manifest names the market ${name}; ${slugs.size} others are known${like === null ? '' : `, such as ${like}`}. Frames carry condition ids and tokens: one of these needs no manifest.`,
  );
}

async function* knownMarkets(dataRoot: string): AsyncGenerator<z.infer<typeof market>> {
  for (const folder of [RUN_MANIFEST_FOLDER, DISCOVERY_FOLDER]) {
    for await (const { path, kind } of walk(dataRoot, folder)) {
      if (kind !== 'file' || !path.endsWith('.json')) continue;
      const { markets = [], found = [] } = await read(join(dataRoot, path));
      yield* [...markets, ...found];
    }
  }
}

/** What is no manifest knows no market; `inspect` reports it. */
async function read(file: string): Promise<z.infer<typeof manifest>> {
  try {
    return manifest.safeParse(JSON.parse(await readFile(file, 'utf8'))).data ?? {};
  } catch (error) {
    if (error instanceof SyntaxError || isSystemError(error, 'ENOENT')) return {};
    throw error;
  }
}
