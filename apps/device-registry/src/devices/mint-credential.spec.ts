import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { hashSecret, mintCredential } from './mint-credential.js';

const nowMs = 1_795_420_800_000;

describe('a new credential', () => {
  test('a secret has 256 random bits, and what is kept is its SHA-256', () => {
    const minted = mintCredential({ nowMs: () => nowMs });
    expect(Buffer.from(minted.secret, 'base64url')).toHaveLength(32);
    expect(minted.secretSha256).toBe(createHash('sha256').update(minted.secret).digest('base64url'));
    expect(mintCredential({ nowMs: () => nowMs }).secret).not.toBe(minted.secret);
  });

  test('the published hash is that of the contract: SHA-256 of the UTF-8 bytes, base64url', () => {
    expect(hashSecret('test')).toBe('n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg');
  });
});
