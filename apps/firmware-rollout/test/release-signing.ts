import { type KeyObject, createHash, generateKeyPairSync, sign } from 'node:crypto';
import { manifestPayloadType } from '../src/domain/manifests/envelope.js';
import { preAuthenticationEncoding } from '../src/domain/manifests/pre-authentication-encoding.js';
import type { SigningAlgorithm } from '../src/domain/manifests/signing-key.js';

export interface Signer {
  readonly keyid: string;
  readonly publicKey: string;
  readonly privateKey: KeyObject;
  /** base64 */
  sign(payload: Uint8Array, payloadType?: string): string;
}

export function newSigner(algorithm: SigningAlgorithm = 'ed25519'): Signer {
  const { publicKey, privateKey } =
    algorithm === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return {
    keyid: createHash('sha256').update(spki).digest('hex').slice(0, 16),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }) as string,
    privateKey,
    sign: (payload, payloadType = manifestPayloadType) => {
      const message = preAuthenticationEncoding(payloadType, payload);
      const signature =
        algorithm === 'ed25519'
          ? sign(null, message, privateKey)
          : sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return signature.toString('base64');
    },
  };
}

/** An envelope around any bytes, signed by all of them. */
export function envelopeOf(payload: Uint8Array | string, ...signers: readonly Signer[]) {
  const bytes = Buffer.from(payload);
  const signatures = signers.map((signer) => ({ keyid: signer.keyid, sig: signer.sign(bytes) }));
  return { payloadType: manifestPayloadType as string, payload: bytes.toString('base64'), signatures };
}

/** What is known of an artifact with this content. */
export function factsOf(content: string) {
  const digest = (algorithm: string): string => createHash(algorithm).update(content).digest('hex');
  return { sha256: digest('sha256'), sha1: digest('sha1'), md5: digest('md5'), size: Buffer.byteLength(content) };
}

/** A manifest of the release, as its signer writes it. */
export function manifestOf(
  release: string,
  body: {
    readonly version: string;
    readonly hardware: readonly string[];
    readonly minimumVersion?: string | undefined;
    readonly artifacts: readonly { readonly filename: string; readonly sha256: string }[];
  },
  content: string,
  changes: object = {},
) {
  const { version, hardware, minimumVersion, artifacts } = body;
  return {
    ...{ schema: 'fw-manifest/1', name: release, version, releaseCounter: 1, hardware },
    ...(minimumVersion === undefined ? {} : { minVersion: minimumVersion }),
    artifacts: artifacts.map(({ filename }) => ({ filename, ...factsOf(content) })),
    ...{ createdAt: '2026-11-27T00:00:00Z', expiresAt: '2126-11-27T00:00:00Z' },
    ...changes,
  };
}
