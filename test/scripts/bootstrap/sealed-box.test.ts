import { createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { blake2b } from '@noble/hashes/blake2.js';
import { describe, expect, it } from 'vitest';
import { boxKey, seal } from '../../../scripts/bootstrap/sealed-box.ts';

describe('sealed boxes', () => {
  it('derive the key of the example in "Cryptography in NaCl" (Bernstein, section 8)', () => {
    const shared = Buffer.from(
      '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742',
      'hex',
    );
    expect(Buffer.from(boxKey(shared)).toString('hex')).toBe(
      '1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389',
    );
  });

  it('are opened by who holds the private key, and differ each time', () => {
    const theirs = generateKeyPairSync('x25519');
    const raw = Buffer.from(theirs.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
    const text = 'a secret with ü and\na second line';
    const sealed = seal(text, raw.toString('base64'));
    expect(seal(text, raw.toString('base64'))).not.toBe(sealed);
    const bytes = Buffer.from(sealed, 'base64');
    const from = bytes.subarray(0, 32);
    const publicKey = createPublicKey({
      key: { kty: 'OKP', crv: 'X25519', x: from.toString('base64url') },
      format: 'jwk',
    });
    const key = boxKey(diffieHellman({ privateKey: theirs.privateKey, publicKey }));
    const nonce = blake2b(Buffer.concat([from, raw]), { dkLen: 24 });
    const opened = xsalsa20poly1305(key, nonce).decrypt(bytes.subarray(32));
    expect(Buffer.from(opened).toString('utf8')).toBe(text);
  });

  it('refuse a key of another length', () => {
    expect(() => seal('x', 'AAAA')).toThrow(/expected 32 bytes/);
  });
});
