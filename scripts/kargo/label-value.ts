import { createHash } from 'node:crypto';

const LABEL_LIMIT = 63;
const HASH_LENGTH = 8;

/** A text as a label value: what is too long ends in a hash instead (names of Stages may be longer than labels). */
export function labelValue(text: string): string {
  if (text.length <= LABEL_LIMIT) return text;
  const hash = createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH);
  const prefix = text.slice(0, LABEL_LIMIT - HASH_LENGTH - 1).replace(/-+$/, '');
  return `${prefix}-${hash}`;
}
