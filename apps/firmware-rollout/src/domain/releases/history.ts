export const historyActions = [
  ...(['created', 'changed', 'deleted', 'manifest-put', 'published', 'revoked', 'retired'] as const),
  /** Its trust has changed because a key or a policy did. */
  ...(['became-signed', 'became-unsigned', 'became-untrusted'] as const),
] as const;
export type HistoryAction = (typeof historyActions)[number];

/** What somebody did to a release, a signing key or a firmware policy. */
export interface HistoryRecord {
  readonly tenant: string;
  /** `release:<slug>`, `signing-key:<keyid>`, `firmware-policy:<profile>` */
  readonly entity: string;
  /** UUIDv7 */
  readonly id: string;
  readonly at: Date;
  /** `operator:<subject>` */
  readonly actor: string;
  readonly action: HistoryAction;
  readonly reason: string | null;
}
