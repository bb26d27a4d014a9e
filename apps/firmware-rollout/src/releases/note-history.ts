import { uuidv7 } from '@myelin/kernel';
import type { EntityManager } from 'typeorm';
import type { HistoryAction } from '../domain/releases/history.js';
import { insertHistory } from '../persistence/release-history.repository.js';

export const releaseEntity = (release: string): string => `release:${release}`;
export const signingKeyEntity = (keyid: string): string => `signing-key:${keyid}`;
export const firmwarePolicyEntity = (profile: string): string => `firmware-policy:${profile}`;

export interface Deed {
  readonly tenant: string;
  readonly entity: string;
  readonly at: Date;
  readonly actor: string;
  readonly action: HistoryAction;
  readonly reason?: string;
}

/** Keeps, in the transaction of the changes, who has made them. */
export async function noteHistory(tx: EntityManager, deeds: readonly Deed[]): Promise<void> {
  const records = deeds.map(({ reason = null, ...deed }) => ({ ...deed, id: uuidv7(deed.at.getTime()), reason }));
  await insertHistory(tx, records);
}
