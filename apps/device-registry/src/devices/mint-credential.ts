import { createHash, randomBytes } from 'node:crypto';
import { type Clock, uuidv7 } from '@myelin/kernel';
import type { MintedCredential } from '../domain/credential.js';

const secretBytes = 32;

export function mintCredential(clock: Clock): MintedCredential {
  const secret = randomBytes(secretBytes).toString('base64url');
  return { id: uuidv7(clock.nowMs()), secret, secretSha256: hashSecret(secret) };
}

/** A secret has 256 random bits, so it needs neither salt nor stretching. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret, 'utf8').digest('base64url');
}
