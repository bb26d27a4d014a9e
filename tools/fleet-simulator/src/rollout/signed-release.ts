import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

const payloadType = 'application/vnd.myelin.firmware-manifest+json';
const validMs = 30 * 86_400_000;

/** A key that signs releases, and whose public half the service is told. */
export interface ReleaseKey {
  /** The first 16 hex digits of the SHA-256 of the public key's SPKI in DER. */
  readonly keyid: string;
  /** PEM */
  readonly publicKey: string;
  readonly privateKey: KeyObject;
}

export interface SignedRelease {
  readonly name: string;
  readonly version: string;
  /** Above that of every other release of the profile. */
  readonly releaseCounter: number;
  readonly hardware: readonly string[];
  readonly filename: string;
  readonly firmware: Uint8Array;
  readonly createdAtMs: number;
}

export function newReleaseKey(): ReleaseKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const keyid = createHash('sha256').update(der).digest('hex').slice(0, 16);
  return { keyid, publicKey: publicKey.export({ type: 'spki', format: 'pem' }) as string, privateKey };
}

/** A DSSE envelope (secure-systems-lab/dsse, protocol.md) around the release's manifest. */
export function signedManifest(release: SignedRelease, { keyid, privateKey }: ReleaseKey): object {
  const payload = Buffer.from(JSON.stringify(manifestOf(release)));
  const header = `DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `;
  const signature = sign(null, Buffer.concat([Buffer.from(header), payload]), privateKey);
  const signatures = [{ keyid, sig: signature.toString('base64') }];
  return { payloadType, payload: payload.toString('base64'), signatures };
}

export function sha256Of(firmware: Uint8Array): string {
  return digest('sha256', firmware);
}

function manifestOf({ name, version, releaseCounter, hardware, filename, firmware, createdAtMs }: SignedRelease) {
  const digests = {
    ...{ sha256: sha256Of(firmware), sha1: digest('sha1', firmware), md5: digest('md5', firmware) },
  };
  return {
    ...{ schema: 'fw-manifest/1', name, version, releaseCounter, hardware },
    artifacts: [{ filename, ...digests, size: firmware.length }],
    createdAt: new Date(createdAtMs).toISOString(),
    expiresAt: new Date(createdAtMs + validMs).toISOString(),
  };
}

function digest(algorithm: string, bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest('hex');
}
