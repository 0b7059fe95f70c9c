import { createHash, randomInt } from 'node:crypto';
import { canonical } from './fields.ts';

/** Kubernetes' alphabet for generated names: no vowels and no look-alikes, so that no word comes out. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

const SUFFIX_LENGTH = 5;
const HASH_LENGTH = 10;
const NAME_LIMIT = 63;

/** `generateName` and five random characters; a prefix too long for a label value is cut, as Kubernetes does. */
export function generatedName(prefix: string): string {
  const suffix = Array.from(
    { length: SUFFIX_LENGTH },
    () => ALPHABET[randomInt(ALPHABET.length)] ?? '',
  );
  return prefix.slice(0, NAME_LIMIT - SUFFIX_LENGTH) + suffix.join('');
}

/** Ten characters that depend on the data alone, such as `pod-template-hash`. */
export function dataHash(data: unknown): string {
  const bytes = createHash('sha256').update(canonical(data)).digest();
  return Array.from(
    bytes.subarray(0, HASH_LENGTH),
    (byte) => ALPHABET[byte % ALPHABET.length] ?? '',
  ).join('');
}
