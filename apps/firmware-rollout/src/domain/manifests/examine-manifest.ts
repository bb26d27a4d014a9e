import type { JudgedRelease } from '../releases/release.js';
import { openEnvelope } from './envelope.js';
import { type Manifest, parseManifest } from './manifest.js';
import type { ManifestFault } from './manifest-fault.js';
import { matchRelease } from './match-release.js';
import type { SigningKeyState, VerifyingKey } from './signing-key.js';
import { verifySignatures } from './verify-signatures.js';

export interface Examination {
  readonly keys: readonly VerifyingKey[];
  /** In which states a key vouches for the manifest. */
  readonly counted: readonly SigningKeyState[];
  /** How many keys must. */
  readonly threshold: number;
  readonly nowMs: number;
}

export interface ExaminedManifest {
  /** Absent when it cannot be read. */
  readonly manifest?: Manifest;
  /** Who vouches for it. */
  readonly keyids: readonly string[];
  /** Empty: it is all that it must be. */
  readonly faults: readonly ManifestFault[];
}

/**
 * Whether an envelope is a readable manifest that says of the release what the release says, that has not expired, and that
 * enough keys have signed. A wrong signature is a fault even where enough others are right.
 */
export function examineManifest(envelope: unknown, release: JudgedRelease, examination: Examination): ExaminedManifest {
  const opened = openEnvelope(envelope);
  if (!opened.ok) return { keyids: [], faults: opened.faults };
  const { keys, counted, threshold, nowMs } = examination;
  const { keyids, faults: wrong, notCounted } = verifySignatures(opened.value, keys, counted);
  const parsed = parseManifest(opened.value.payload);
  const tooFew: ManifestFault = {
    ...{ code: 'threshold-not-reached', pointer: '/signatures' },
    detail: `${keyids.length} of ${threshold} keys that vouch for it`,
  };
  const signing = keyids.length < threshold ? [...wrong, ...notCounted, tooFew] : wrong;
  if (!parsed.ok) return { keyids, faults: [...signing, ...parsed.faults] };
  const manifest = parsed.value;
  const expired: ManifestFault = {
    ...{ code: 'expired', pointer: '/payload/expiresAt' },
    detail: `expired at ${new Date(manifest.expiresAtMs).toISOString()}`,
  };
  const expiry = manifest.expiresAtMs <= nowMs ? [expired] : [];
  return { manifest, keyids, faults: [...signing, ...matchRelease(manifest, release), ...expiry] };
}
