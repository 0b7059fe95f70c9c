import { z } from 'zod';
import type { HttpAnswer, HttpClient } from './http.ts';

/** Tokens per `POST /books`: 500 pass, 501 are refused, and the limit may be bytes (facts/polymarket.md §1). */
export const BOOKS_PER_REQUEST = 250;

const level = z.object({ price: z.string(), size: z.string() });

/** One book of `POST /books`; only what the recorder needs of it. Bids ascending, asks descending. */
export const restBook = z.object({
  asset_id: z.string(),
  market: z.string(),
  timestamp: z.string(),
  hash: z.string(),
  bids: z.array(level),
  asks: z.array(level),
  /** The fields below entered the service one by one (facts/polymarket.md §0); a book without them is still a book. */
  min_order_size: z.string().default(''),
  tick_size: z.string().default(''),
  neg_risk: z.boolean().default(false),
  last_trade_price: z.string().default(''),
});
export type RestBook = z.infer<typeof restBook>;

export interface BooksAnswer {
  readonly url: string;
  readonly http: HttpAnswer;
  /** Books that could be read; empty when the answer is no array of books. */
  readonly books: readonly RestBook[];
  /** Requested tokens without a book in the answer: the service leaves unknown and closed ones out silently. */
  readonly omitted: readonly string[];
  /** Why this answer gives no checkpoint, null when it does. */
  readonly error: string | null;
}

/**
 * `POST /books` for at most `BOOKS_PER_REQUEST` tokens. Never throws for what the service does: refusals, HTML,
 * truncated bodies and silence are all answers (facts/polymarket.md §1).
 */
export async function requestBooks(
  client: HttpClient,
  clobUrl: string,
  tokens: readonly string[],
  signal?: AbortSignal,
): Promise<BooksAnswer> {
  const url = `${clobUrl.replace(/\/+$/, '')}/books`;
  const http = await client.send({
    url,
    method: 'POST',
    body: JSON.stringify(tokens.map((token) => ({ token_id: token }))),
    ...(signal === undefined ? {} : { signal }),
  });
  const read = readBooks(http);
  const present = new Set(read.books.map((book) => book.asset_id));
  return { url, http, ...read, omitted: tokens.filter((token) => !present.has(token)) };
}

function readBooks(http: HttpAnswer): { books: readonly RestBook[]; error: string | null } {
  if (http.error !== null) return { books: [], error: http.error };
  if (http.status !== 200) {
    return { books: [], error: `expected status 200, got ${http.status}: ${excerpt(http.body)}` };
  }
  let value: unknown;
  try {
    value = JSON.parse(http.body);
  } catch {
    return { books: [], error: `expected a JSON array of books, got ${excerpt(http.body)}` };
  }
  if (!Array.isArray(value)) {
    return { books: [], error: `expected a JSON array of books, got ${excerpt(http.body)}` };
  }
  const parsed = value.map((row) => restBook.safeParse(row));
  const books = parsed.flatMap((result) => (result.success ? [result.data] : []));
  const broken = parsed.length - books.length;
  return {
    books,
    error: broken === 0 ? null : `${broken} of ${parsed.length} books have no known form`,
  };
}

function excerpt(body: string): string {
  const line = body.replaceAll(/\s+/g, ' ').trim();
  return line.length > 160 ? `${line.slice(0, 157)}…` : line || '(empty body)';
}
