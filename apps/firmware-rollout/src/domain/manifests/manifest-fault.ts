export const manifestFaultCodes = [
  /** The envelope is not of the form that DSSE says, or larger than it may be. */
  'envelope-malformed',
  'payload-type-unknown',
  /** Not the one base64 form of what it encodes. */
  'base64-inexact',
  'payload-not-json',
  /** Two readers could read two values. */
  'member-repeated',
  'schema-unknown',
  'manifest-malformed',
  /** The envelope has two signatures of one key. */
  'key-repeated',
  /** Not as long as signatures of this key are; P-256 signs as r||s, never as DER. */
  'signature-form',
  'signature-invalid',
  /** By a key that is retired or revoked; told where too few others have signed. */
  'key-not-active',
  'threshold-not-reached',
  'unsigned',
  'name-differs',
  'version-differs',
  'hardware-differs',
  'minimum-version-differs',
  'artifacts-differ',
  'expired',
  'counter-too-low',
] as const;

export type ManifestFaultCode = (typeof manifestFaultCodes)[number];

/** One thing that is wrong with a manifest, its signatures, or what it says of a release. */
export interface ManifestFault {
  readonly code: ManifestFaultCode;
  /** RFC 6901. Into the envelope; inside of `/payload`, into the manifest. */
  readonly pointer: string;
  readonly detail: string;
}

export type Read<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly faults: readonly ManifestFault[] };
