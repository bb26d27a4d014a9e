import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import {
  type SigningAlgorithm,
  type SigningKeyRecord,
  type VerifyingKey,
  signingKeyLimits,
} from '../domain/manifests/signing-key.js';

export interface PublicKey {
  readonly keyid: string;
  readonly algorithm: SigningAlgorithm;
  /** The one PEM of this key, whatever form it came in. */
  readonly pem: string;
}

export type PublicKeyFault =
  /** To be told apart: whoever has sent it must replace the key. */
  'private-key' | 'malformed' | 'algorithm-unknown';

const onePublicKey = /^\s*-----BEGIN PUBLIC KEY-----\r?\n[A-Za-z0-9+/=\r\n]+-----END PUBLIC KEY-----\s*$/;

/** Reads one public key in PEM (SPKI). Never says anything of its content. */
export function readPublicKey(pem: string): PublicKey | PublicKeyFault {
  if (/PRIVATE KEY/i.test(pem)) return 'private-key';
  if (pem.length > signingKeyLimits.pemBytes || !onePublicKey.test(pem)) return 'malformed';
  const key = publicKeyOf(pem);
  if (key === undefined) return 'malformed';
  const algorithm = algorithmOf(key);
  if (algorithm === undefined) return 'algorithm-unknown';
  const canonical = uncompressed(key);
  const der = canonical.export({ type: 'spki', format: 'der' });
  const keyid = createHash('sha256').update(der).digest('hex').slice(0, 16);
  return { keyid, algorithm, pem: canonical.export({ type: 'spki', format: 'pem' }) as string };
}

/** A stored key, able to verify. */
export function verifyingKey({ keyid, state, algorithm, publicKey }: SigningKeyRecord): VerifyingKey {
  const key = createPublicKey(publicKey);
  const verifies = (message: Uint8Array, signature: Uint8Array): boolean =>
    algorithm === 'ed25519'
      ? verify(null, message, key, signature)
      : verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature);
  return { keyid, state, verifies };
}

function publicKeyOf(pem: string): KeyObject | undefined {
  try {
    return createPublicKey(pem);
  } catch {
    return undefined;
  }
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): SigningAlgorithm | undefined {
  if (asymmetricKeyType === 'ed25519') return 'ed25519';
  return asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1' ? 'ecdsa-p256' : undefined;
}

/** A point has a compressed form as well: the same key under a second id would count twice. */
function uncompressed(key: KeyObject): KeyObject {
  return createPublicKey({ key: key.export({ format: 'jwk' }), format: 'jwk' });
}
