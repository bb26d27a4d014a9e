import { operatorActionRecordedV1 } from '@myelin/contracts';
import { type Clock, uuidv7 } from '@myelin/kernel';
import { type EncodedRecord, encodeEvent } from '@myelin/messaging';
import { writeToOutbox } from '@myelin/outbox';
import type { EntityManager } from 'typeorm';
import { insertAudit } from '../persistence/audit.repository.js';
import { source } from './state-events.js';

/** Who did what; `tenant` is the one whose entity was changed. */
export interface OperatorAction {
  readonly tenant: string;
  /** `operator:<subject>` */
  readonly actor: string;
  /** `<entity>.<verb>` */
  readonly action: string;
  readonly entity: string;
  readonly reason?: string;
}

/** Ends every change: audit entry, audit event and the change's own events, all in the caller's transaction. */
export async function journal(
  tx: EntityManager,
  clock: Clock,
  operatorAction: OperatorAction,
  events: readonly EncodedRecord[],
): Promise<void> {
  const { tenant, actor, action, entity, reason } = operatorAction;
  const id = uuidv7(clock.nowMs());
  const at = new Date(clock.nowMs());
  await insertAudit(tx, { id, tenant, actor, action, entity, reason: reason ?? null, at });
  const audit = encodeEvent(
    {
      contract: operatorActionRecordedV1,
      key: tenant,
      id,
      timeMs: at.getTime(),
      payload: { tenant, actor, action, entity, at: at.toISOString(), ...(reason === undefined ? {} : { reason }) },
    },
    source,
  );
  await writeToOutbox(tx, [...events, audit]);
}

/** For what no operator caused: events without an audit entry. */
export function publish(tx: EntityManager, events: readonly EncodedRecord[]): Promise<void> {
  return writeToOutbox(tx, events);
}
