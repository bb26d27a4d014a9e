/** Two, so that a device can take up its new secret while the old one still works. */
export const maxLiveCredentials = 2;

export interface CredentialWindow {
  readonly notBefore: Date;
  readonly notAfter: Date | null;
}

export interface MintedCredential {
  readonly id: string;
  /** 32 random bytes, base64url. Leaves the process once, in the answer to the operator. */
  readonly secret: string;
  readonly secretSha256: string;
}

/** Counts towards the limit: neither revoked nor past its end. One that has not begun yet is live. */
export function isLive(credential: CredentialWindow & { readonly revokedAt: Date | null }, nowMs: number): boolean {
  return credential.revokedAt === null && (credential.notAfter === null || credential.notAfter.getTime() > nowMs);
}

export type WindowFault = 'ends-before-it-begins' | 'already-over';

export function faultOfWindow(window: CredentialWindow, nowMs: number): WindowFault | undefined {
  if (window.notAfter === null) return undefined;
  if (window.notAfter.getTime() <= nowMs) return 'already-over';
  return window.notAfter.getTime() <= window.notBefore.getTime() ? 'ends-before-it-begins' : undefined;
}

/** What a device puts into its `Authorization` header, in both forms. */
export function presentations(tenant: string, device: string, minted: MintedCredential) {
  return {
    bearer: `${minted.id}.${minted.secret}`,
    basic: { username: `${tenant}/${encodeURIComponent(device)}`, password: minted.secret },
  };
}
