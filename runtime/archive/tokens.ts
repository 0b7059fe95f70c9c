import type { NumberedRow } from './row-line.ts';

/** Token ids stand in frames as `"asset_id":"<decimal>"` (facts/polymarket.md §3). */
const ASSET_ID = /"asset_id":\s*"(\d+)"/g;

/** Token ids that the rows of an archive name. */
export class TokenSet {
  readonly #tokens = new Set<string>();

  add(row: NumberedRow): void {
    if (row.type === 'checkpoint') {
      for (const token of row.token_ids) this.#tokens.add(token);
    }
    if (row.type !== 'frame') return;
    for (const [, token] of row.raw_text.matchAll(ASSET_ID)) {
      if (token !== undefined) this.#tokens.add(token);
    }
  }

  values(): string[] {
    return [...this.#tokens];
  }
}
