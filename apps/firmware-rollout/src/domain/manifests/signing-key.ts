export const signingAlgorithms = ['ed25519', 'ecdsa-p256'] as const;
export type SigningAlgorithm = (typeof signingAlgorithms)[number];

/**
 * An active key signs what is to be published; a retired one goes on vouching for what is published already; a revoked one
 * vouches for nothing, also not for what it signed before.
 */
export const signingKeyStates = ['active', 'retired', 'revoked'] as const;
export type SigningKeyState = (typeof signingKeyStates)[number];

export const signingKeyLimits = { perTenant: 100, nameLength: 128, pemBytes: 4_096 } as const;

/** Of both algorithms; P-256 as r||s. */
export const signatureBytes = 64;

/** A tenant's public key, able to verify. The algorithm is the key's, never the signature's choice. */
export interface VerifyingKey {
  readonly keyid: string;
  readonly state: SigningKeyState;
  verifies(message: Uint8Array, signature: Uint8Array): boolean;
}

/** A key as it is kept. */
export interface SigningKeyRecord {
  readonly tenant: string;
  readonly keyid: string;
  readonly name: string;
  readonly algorithm: SigningAlgorithm;
  /** PEM, SPKI. */
  readonly publicKey: string;
  readonly state: SigningKeyState;
  readonly createdAt: Date;
  readonly createdBy: string;
  /** Null while it is active. */
  readonly endedAt: Date | null;
  readonly endedBy: string | null;
  /** Why it was revoked. */
  readonly reason: string | null;
}
