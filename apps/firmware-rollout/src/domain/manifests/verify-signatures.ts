import { type OpenedEnvelope, manifestPayloadType } from './envelope.js';
import type { ManifestFault } from './manifest-fault.js';
import { preAuthenticationEncoding } from './pre-authentication-encoding.js';
import { type SigningKeyState, type VerifyingKey, signatureBytes } from './signing-key.js';

export interface VerifiedSignatures {
  /** Keys that vouch for it, each once. */
  readonly keyids: readonly string[];
  /** Signatures that are none. */
  readonly faults: readonly ManifestFault[];
  /** Right ones of keys that do not vouch for it: a reason only where too few others do. */
  readonly notCounted: readonly ManifestFault[];
}

/**
 * Who has signed an envelope. A signature of a key that is not among `keys` neither counts nor harms (it may be for other
 * verifiers); a wrong one of a known key is a fault.
 * @param counted the states in which a key vouches for it
 */
export function verifySignatures(
  { payload, signatures }: OpenedEnvelope,
  keys: readonly VerifyingKey[],
  counted: readonly SigningKeyState[],
): VerifiedSignatures {
  const message = preAuthenticationEncoding(manifestPayloadType, payload);
  const keyids: string[] = [];
  const faults: ManifestFault[] = [];
  const notCounted: ManifestFault[] = [];
  for (const [index, { keyid, bytes }] of signatures.entries()) {
    const key = keys.find((one) => one.keyid === keyid);
    if (key === undefined) continue;
    const pointer = `/signatures/${index}`;
    const fault = faultOf(key, message, bytes);
    if (fault !== undefined) faults.push({ ...fault, pointer });
    else if (counted.includes(key.state)) keyids.push(keyid);
    else notCounted.push({ code: 'key-not-active', pointer, detail: `the key ${keyid} is ${key.state}` });
  }
  return { keyids, faults, notCounted };
}

function faultOf(
  key: VerifyingKey,
  message: Uint8Array,
  signature: Uint8Array,
): Omit<ManifestFault, 'pointer'> | undefined {
  if (signature.length !== signatureBytes) {
    const detail = `has ${signature.length} bytes, must have ${signatureBytes} (P-256: r||s)`;
    return { code: 'signature-form', detail };
  }
  if (key.verifies(message, signature)) return undefined;
  return { code: 'signature-invalid', detail: `is not what ${key.keyid} signs this payload with` };
}
