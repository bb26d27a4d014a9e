import { exactBase64 } from './exact-base64.js';
import type { ManifestFault, Read } from './manifest-fault.js';

export const manifestPayloadType = 'application/vnd.myelin.firmware-manifest+json';

export const envelopeLimits = { payloadBytes: 65_536, signatures: 16, signatureBytes: 512 } as const;

export interface Signature {
  readonly keyid: string;
  /** base64 */
  readonly sig: string;
}

/** A DSSE envelope around a manifest, as it came. */
export interface Envelope {
  readonly payloadType: typeof manifestPayloadType;
  /** base64 */
  readonly payload: string;
  readonly signatures: readonly Signature[];
}

export interface OpenedEnvelope {
  readonly envelope: Envelope;
  readonly payload: Uint8Array;
  readonly signatures: readonly { readonly keyid: string; readonly bytes: Uint8Array }[];
}

export const keyIdPattern = '^[0-9a-f]{16}$';
const keyId = new RegExp(keyIdPattern);

/** Reads an envelope that anybody may have written; says nothing about whether a signature is right. */
export function openEnvelope(body: unknown): Read<OpenedEnvelope> {
  const faults: ManifestFault[] = [];
  const malformed = (pointer: string, detail: string): void => {
    faults.push({ code: 'envelope-malformed', pointer, detail });
  };
  if (!isObject(body)) return refusedAt('', 'must be a DSSE envelope: an object');
  for (const name of Object.keys(body))
    if (!['payloadType', 'payload', 'signatures'].includes(name)) malformed(`/${name.slice(0, 64)}`, 'is not known');
  const { payloadType, payload, signatures } = body;
  if (payloadType !== manifestPayloadType)
    faults.push({ code: 'payload-type-unknown', pointer: '/payloadType', detail: `must be ${manifestPayloadType}` });
  const payloadBytes = bytesOf(payload, '/payload', envelopeLimits.payloadBytes, faults);
  const opened = signaturesOf(signatures, faults);
  if (faults.length > 0 || payloadBytes === undefined) return { ok: false, faults };
  const kept = opened.map(({ keyid, sig }) => ({ keyid, sig }));
  const envelope: Envelope = { payloadType: manifestPayloadType, payload: payload as string, signatures: kept };
  return { ok: true, value: { envelope, payload: payloadBytes, signatures: opened } };
}

function signaturesOf(value: unknown, faults: ManifestFault[]): (Signature & { readonly bytes: Uint8Array })[] {
  const { signatures: maxSignatures, signatureBytes } = envelopeLimits;
  if (!Array.isArray(value) || value.length === 0 || value.length > maxSignatures) {
    const detail = `must be an array of 1 to ${maxSignatures} signatures`;
    faults.push({ code: 'envelope-malformed', pointer: '/signatures', detail });
    return [];
  }
  const seen = new Set<string>();
  return value.flatMap((item: unknown, index) => {
    const pointer = `/signatures/${index}`;
    const isSignature = isObject(item) && Object.keys(item).every((name) => name === 'keyid' || name === 'sig');
    if (!isSignature || typeof item['keyid'] !== 'string' || !keyId.test(item['keyid'])) {
      const detail = 'must be an object with keyid (16 lower-case hex digits) and sig, and nothing else';
      faults.push({ code: 'envelope-malformed', pointer, detail });
      return [];
    }
    const { keyid, sig } = item;
    if (seen.has(keyid)) faults.push({ code: 'key-repeated', pointer, detail: `is a second signature of ${keyid}` });
    seen.add(keyid);
    const bytes = bytesOf(sig, `${pointer}/sig`, signatureBytes, faults);
    return bytes === undefined ? [] : [{ keyid, sig: sig as string, bytes }];
  });
}

function bytesOf(value: unknown, pointer: string, maxBytes: number, faults: ManifestFault[]): Uint8Array | undefined {
  const maxLength = 4 * Math.ceil(maxBytes / 3);
  if (typeof value !== 'string' || value.length === 0 || value.length > maxLength) {
    faults.push({ code: 'envelope-malformed', pointer, detail: `must be the base64 of 1 to ${maxBytes} bytes` });
    return undefined;
  }
  const bytes = exactBase64(value);
  if (bytes === undefined || bytes.length > maxBytes) {
    const detail = 'must be base64 of the standard alphabet, padded, with nothing before, between or after';
    faults.push({ code: 'base64-inexact', pointer, detail });
  }
  return bytes;
}

function refusedAt(pointer: string, detail: string): Read<never> {
  return { ok: false, faults: [{ code: 'envelope-malformed', pointer, detail }] };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
