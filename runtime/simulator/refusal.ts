/** An answer that refuses, in a handshake as in a request. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly type: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

const HTML = 'text/html; charset=UTF-8';
const PLAIN = 'text/plain; charset=UTF-8';
const JSON_TYPE = 'application/json';

/** Cloudflare's page as it looks to a program: long, and no JSON (facts/polymarket.md §1, "Errors"). */
const BLOCKED_PAGE = `<!DOCTYPE html>
<html lang="en-US"><head><title>Attention Required! | Cloudflare</title></head>
<body><h1>Sorry, you have been blocked</h1><p>${'You are unable to access this site. '.repeat(60)}</p></body></html>
`;

const refusal = (
  status: number,
  reason: string,
  type: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Refusal => ({ status, reason, type, body, headers });

/** Refusals by the ending of a fault's name: `handshake-403-html` and `rest-403-html` are the same page. */
export const REFUSALS = {
  '403-html': () => refusal(403, 'Forbidden', HTML, BLOCKED_PAGE),
  '403-1010': () => refusal(403, 'Forbidden', PLAIN, 'error code: 1010'),
  '429': () => refusal(429, 'Too Many Requests', JSON_TYPE, '{"error":"Too Many Requests"}'),
  '429-retry-after': (seconds: number) =>
    refusal(429, 'Too Many Requests', JSON_TYPE, '{"error":"Too Many Requests"}', {
      'Retry-After': String(seconds),
    }),
  '500': () => refusal(500, 'Internal Server Error', JSON_TYPE, '{"error":"internal error"}'),
  '502-html': () =>
    refusal(502, 'Bad Gateway', HTML, '<html><head><title>502 Bad Gateway</title></head></html>'),
  '503': () =>
    refusal(503, 'Service Unavailable', JSON_TYPE, '{"error":"Trading is currently disabled"}'),
} as const;
