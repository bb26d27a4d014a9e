import type { DeviceRecord } from '../domain/records.js';
import { type EntityManager, In } from 'typeorm';
import type { Lifecycle } from '../domain/lifecycle.js';
import { DeviceEntity } from './device.entity.js';
import { bury } from './tombstones.repository.js';

export function findDevice(tx: EntityManager, tenant: string, device: string): Promise<DeviceRecord | null> {
  return tx.findOneBy(DeviceEntity, { tenant, device });
}

export function findDevices(tx: EntityManager, tenant: string, devices: readonly string[]): Promise<DeviceRecord[]> {
  return tx.findBy(DeviceEntity, { tenant, device: In(devices) });
}

export function lockDevice(tx: EntityManager, tenant: string, device: string): Promise<DeviceRecord | null> {
  return tx.findOne(DeviceEntity, { where: { tenant, device }, lock: { mode: 'pessimistic_write' } });
}

export interface NewDevice {
  readonly device: string;
  readonly profile: string;
  readonly site: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly lifecycle: Lifecycle;
  /** Steps of life that it starts with: its version, unless an earlier device of this id had higher ones. */
  readonly version: number;
  readonly credentialsVersion: number;
}

const insertSql = `
  INSERT INTO device (tenant, device, device_index, profile, site, lifecycle, labels, metadata,
                      version, credentials_version, created_at, updated_at)
  SELECT $1, r.device, nextval('device_index'), r.profile, r.site, r.lifecycle, r.labels, r.metadata,
         r.version, r."credentialsVersion", $3, $3
  FROM jsonb_to_recordset($2::jsonb) AS r(device text, profile text, site text, lifecycle text, labels jsonb,
                                          metadata jsonb, version integer, "credentialsVersion" integer)
  ORDER BY r.device COLLATE "C"
  ON CONFLICT (tenant, device) DO NOTHING
  RETURNING device`;

// A statement of its own: the insert waits for deletions in flight, and only then are their graves seen.
const riseSql = `
  UPDATE device d
  SET version = d.version + t.version, credentials_version = d.credentials_version + t.credentials_version
  FROM tombstone t
  WHERE d.tenant = $1 AND d.device = ANY($2) AND t.tenant = $1 AND t.kind = 'device' AND t.id = d.device`;

/** The stored rows, in no order; devices whose id is taken are left out. */
export async function insertDevices(
  tx: EntityManager,
  tenant: string,
  devices: readonly NewDevice[],
  at: Date,
): Promise<DeviceRecord[]> {
  const rows = (await tx.query(insertSql, [tenant, JSON.stringify(devices), at])) as { device: string }[];
  const inserted = rows.map((row) => row.device);
  if (inserted.length === 0) return [];
  await tx.query(riseSql, [tenant, inserted]);
  return findDevices(tx, tenant, inserted);
}

/** Compare-and-set on `expectedVersion`. False: somebody else was faster. */
export async function updateDevice(tx: EntityManager, row: DeviceRecord, expectedVersion: number): Promise<boolean> {
  const { tenant, device, index: _fixed, createdAt: _always, ...columns } = row;
  const expected = { tenant, device, version: expectedVersion };
  const { affected } = await tx.update(DeviceEntity, expected, columns as never);
  return affected === 1;
}

export async function setCredentialsVersion(tx: EntityManager, row: DeviceRecord): Promise<void> {
  const { tenant, device, credentialsVersion } = row;
  await tx.update(DeviceEntity, { tenant, device }, { credentialsVersion });
}

/** Leaves the versions of its tombstones behind as the last ones of this id. */
export async function deleteDevice(
  tx: EntityManager,
  row: DeviceRecord,
  versions: { version: number; credentialsVersion: number },
): Promise<void> {
  const { tenant, device } = row;
  await tx.delete(DeviceEntity, { tenant, device, version: row.version });
  await bury(tx, { tenant, kind: 'device', id: device, ...versions });
}
