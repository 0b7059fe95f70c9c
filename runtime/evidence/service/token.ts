import { createHash, timingSafeEqual } from 'node:crypto';
import { ConfigurationError } from '../../config/error.ts';

/** Kargo sends `Authorization: Bearer TOKEN`; a browser asks its user, who gives the token as the password. */
export type Guard = (authorization: string | undefined) => boolean;

/** Shorter ones can be guessed. */
const SHORTEST_TOKEN = 16;

/** Lets everybody in where no token is configured, and nobody without it where one is. */
export function guardOf(token: string | undefined): Guard {
  if (token === undefined || token === '') return () => true;
  if (token.length < SHORTEST_TOKEN) {
    throw new ConfigurationError(
      'USAGE',
      `ORDERBOOKS_EVIDENCE_TOKEN: expected at least ${SHORTEST_TOKEN} characters, got ${token.length}`,
    );
  }
  const expected = digest(token);
  return (authorization) => timingSafeEqual(digest(presented(authorization)), expected);
}

function presented(authorization = ''): string {
  const [scheme = '', value = ''] = authorization.split(' ');
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return value;
    case 'basic': {
      const pair = Buffer.from(value, 'base64').toString();
      return pair.slice(pair.indexOf(':') + 1);
    }
    default:
      return '';
  }
}

/** Hashes have one length, which the comparison needs. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
