import type { Depth } from './remote.ts';

/**
 * When the copies are read whole and hashed, which a cloud charges as egress. A remote that is not read is believed: it
 * may say that a copy has the right size and hash and hold something else.
 *
 * - `always`: after the copying and again before a local archive is deleted: every byte leaves the remote twice;
 * - `before-deletion`: after the copying the remote's own hashes are compared, and the copy is read before the local
 *   archive is deleted: every byte leaves it once, and nothing is deleted on the remote's word;
 * - `never`: only hashes are compared.
 *
 * Copies on a remote that keeps no hashes are read in any case.
 */
export const READ_BACK = ['always', 'before-deletion', 'never'] as const;
export type ReadBack = (typeof READ_BACK)[number];

export function uploadDepth(readBack: ReadBack): Depth {
  return readBack === 'always' ? 'content' : 'hash';
}

export function deletionDepth(readBack: ReadBack): Depth {
  return readBack === 'never' ? 'hash' : 'content';
}
