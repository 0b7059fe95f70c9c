import { createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';
import { hsalsa, xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { blake2b } from '@noble/hashes/blake2.js';
import { ClusterError } from '../cluster/failure.ts';

const KEY_BYTES = 32;
const NONCE_BYTES = 24;

/**
 * Seals a text so that only the holder of the private key can read it: libsodium's `crypto_box_seal`, the only form in
 * which GitHub takes secrets (docs.github.com, "Encrypting secrets for the REST API"). The sealer's own key is thrown away.
 *
 * @param publicKey base64, as `GET …/actions/secrets/public-key` answers it
 * @returns base64: ephemeral public key, then the box
 */
export function seal(text: string, publicKey: string): string {
  const theirs = Buffer.from(publicKey, 'base64');
  if (theirs.length !== KEY_BYTES) {
    throw new ClusterError(
      'PUBLIC_KEY_INVALID',
      `the forge's public key: expected ${KEY_BYTES} bytes in base64, seen ${theirs.length}`,
    );
  }
  const ours = generateKeyPairSync('x25519');
  const ourPublic = Buffer.from(ours.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const shared = diffieHellman({ privateKey: ours.privateKey, publicKey: keyOf(theirs) });
  const nonce = blake2b(Buffer.concat([ourPublic, theirs]), { dkLen: NONCE_BYTES });
  const box = xsalsa20poly1305(boxKey(shared), nonce).encrypt(Buffer.from(text, 'utf8'));
  return Buffer.concat([ourPublic, box]).toString('base64');
}

function keyOf(raw: Buffer) {
  return createPublicKey({
    key: { kty: 'OKP', crv: 'X25519', x: raw.toString('base64url') },
    format: 'jwk',
  });
}

/** `crypto_box_beforenm`: HSalsa20 of the shared secret with a nonce of zeros. */
export function boxKey(shared: Uint8Array): Uint8Array {
  const key = new Uint32Array(KEY_BYTES / 4);
  hsalsa(SIGMA, words(shared), new Uint32Array(4), key);
  return new Uint8Array(key.buffer);
}

/** The constant of Salsa20. */
const SIGMA = words(Buffer.from('expand 32-byte k', 'latin1'));

/** A copy: words must be aligned, which a Buffer's need not be. */
function words(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}
