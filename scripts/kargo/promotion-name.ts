import { randomBytes } from 'node:crypto';

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_CHARACTERS = 10;
const RANDOM_BYTES = 10;
const SHORT_HASH = 7;
const BITS_PER_CHARACTER = 5n;

/**
 * `<stage>.<ulid>.<first seven of the Freight>`: names sort in the order of creation (facts/kargo.md §2).
 *
 * @param now milliseconds since the epoch
 */
export function promotionName(stage: string, freight: string, now: number): string {
  return [stage, ulid(now), freight.slice(0, SHORT_HASH)].join('.').toLowerCase();
}

function ulid(now: number): string {
  const random = BigInt(`0x${randomBytes(RANDOM_BYTES).toString('hex')}`);
  return base32(BigInt(now), TIME_CHARACTERS) + base32(random, (RANDOM_BYTES * 8) / 5);
}

function base32(value: bigint, characters: number): string {
  let text = '';
  let rest = value;
  for (let index = 0; index < characters; index += 1) {
    text = (CROCKFORD[Number(rest & 31n)] ?? '') + text;
    rest >>= BITS_PER_CHARACTER;
  }
  return text;
}
