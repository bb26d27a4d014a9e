import type { Envelope } from '../manifests/envelope.js';

/** Draft -> published -> revoked. Only a draft changes, and only a draft is deleted. */
export const releaseStates = ['draft', 'published', 'revoked'] as const;
export type ReleaseState = (typeof releaseStates)[number];

export const hardwarePattern = '^[A-Za-z0-9._-]{1,64}:[A-Za-z0-9._-]{1,64}$';
/** Begins with no dot and has no slash: it can leave no folder. */
export const fileNamePattern = '^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$';
export const sha256Pattern = '^[0-9a-f]{64}$';
export const partPattern = '^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$';
export const metadataKeyPattern = '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$';
/** Names of releases and profiles. */
export const slugPattern = '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$';

export const releaseLimits = {
  perTenant: 10_000,
  hardware: 32,
  artifacts: 16,
  /** UTF-8. */
  notesBytes: 8_192,
  metadata: 32,
  metadataValueLength: 512,
  /** UTF-8. */
  reasonLength: 1_024,
} as const;

/** What kind of software it is, in the words of the update protocol. */
export const defaultPart = 'os';

export interface ReleaseArtifact {
  readonly filename: string;
  readonly sha256: string;
}

/** What its author says of a release. */
export interface ReleaseDefinition {
  readonly version: string;
  readonly profile: string;
  /** `<board>:<revision>` */
  readonly hardware: readonly string[];
  /** What a device must run already. */
  readonly minimumVersion?: string | undefined;
  readonly notes?: string | undefined;
  readonly part: string;
  readonly artifacts: readonly ReleaseArtifact[];
  /** Shown to devices. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** What is known of an artifact's bytes. Digests are lower-case hex. */
export interface ArtifactFacts {
  readonly sha256: string;
  readonly sha1: string;
  readonly md5: string;
  /** In bytes. */
  readonly size: number;
}

/** What a published release is worth at the moment: signed as its profile demands, unsigned where that is accepted, or neither. */
export const trusts = ['signed', 'unsigned', 'untrusted'] as const;
export type Trust = (typeof trusts)[number];

/** A release as it is kept. */
export interface ReleaseRecord {
  readonly tenant: string;
  readonly release: string;
  /** Grows with every change. */
  readonly revision: number;
  readonly state: ReleaseState;
  readonly definition: ReleaseDefinition;
  readonly manifest: Envelope | null;
  /** Of the manifest that it was published with. */
  readonly releaseCounter: number | null;
  readonly manifestExpiresAt: Date | null;
  /** As of the last publication of its state; null for a draft. */
  readonly trust: Trust | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly updatedBy: string;
  readonly publishedAt: Date | null;
  readonly revokedAt: Date | null;
  readonly revocationReason: string | null;
}

/** What a verdict on a release needs to know. */
export type JudgedRelease = Pick<ReleaseRecord, 'release' | 'state' | 'definition' | 'manifest'> & {
  /** Of the artifacts that the release names. */
  readonly facts: readonly ArtifactFacts[];
};
