import type { DeviceRecord } from '../domain/records.js';
import { type Clock, uuidv7 } from '@myelin/kernel';
import type { EntityManager } from 'typeorm';
import { DeviceEntity } from './device.entity.js';
import { RepublicationEntity } from './republication.entity.js';

/** @param site null: the devices of the tenant that stand at no site */
export async function enqueueRepublication(
  tx: EntityManager,
  clock: Clock,
  tenant: string,
  site: string | null,
): Promise<void> {
  await tx.insert(RepublicationEntity, { id: uuidv7(clock.nowMs()), tenant, site, afterIndex: 0 });
}

/** The oldest that no other process works on; locked until the end of the transaction. */
export function takeRepublication(tx: EntityManager): Promise<RepublicationEntity | null> {
  return tx
    .createQueryBuilder(RepublicationEntity, 'r')
    .orderBy('r.id', 'ASC')
    .limit(1)
    .setLock('pessimistic_write')
    .setOnLocked('skip_locked')
    .getOne();
}

const riseSql = `
  UPDATE device SET version = version + 1, updated_at = $5
  WHERE tenant = $1 AND device = ANY (
    SELECT device FROM device
    WHERE tenant = $1 AND site IS NOT DISTINCT FROM $2 AND device_index > $3
    ORDER BY device_index LIMIT $4)
  RETURNING device`;

/** Gives the next devices a new version; their rows in the order of their index. */
export async function riseNextDevices(
  tx: EntityManager,
  { tenant, site, afterIndex }: RepublicationEntity,
  count: number,
  at: Date,
): Promise<DeviceRecord[]> {
  // TypeORM answers an UPDATE with [rows, affected].
  const [rows] = (await tx.query(riseSql, [tenant, site, afterIndex, count, at])) as [{ device: string }[], number];
  if (rows.length === 0) return [];
  return tx
    .createQueryBuilder(DeviceEntity, 'd')
    .where('d.tenant = :tenant AND d.device IN (:...devices)', { tenant, devices: rows.map((row) => row.device) })
    .orderBy('d.index', 'ASC')
    .getMany();
}

export async function continueRepublication(tx: EntityManager, id: string, afterIndex: number): Promise<void> {
  await tx.update(RepublicationEntity, { id }, { afterIndex });
}

export async function finishRepublication(tx: EntityManager, id: string): Promise<void> {
  await tx.delete(RepublicationEntity, { id });
}
