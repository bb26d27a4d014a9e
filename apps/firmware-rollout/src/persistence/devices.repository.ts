import type { EntityManager } from 'typeorm';
import type { DeviceEntity } from './device.entity.js';

export type FollowedDevice = Readonly<Omit<DeviceEntity, 'changedIn'>>;

/** Nothing but its version is known of a device of which a tombstone came first. */
export const deletedDevice = {
  lifecycle: 'deleted',
  ...{ profile: '', site: null, timeZone: null, labels: {}, metadata: {} },
} as const;

/** Each device once. What is older than what is stored changes nothing. */
export async function storeDevices(tx: EntityManager, devices: readonly FollowedDevice[]): Promise<void> {
  if (devices.length === 0) return;
  const of = <Field extends keyof FollowedDevice>(field: Field): FollowedDevice[Field][] =>
    devices.map((device) => device[field]);
  const jsonOf = (field: 'labels' | 'metadata'): string[] => devices.map((device) => JSON.stringify(device[field]));
  await tx.query(
    `INSERT INTO device AS d (tenant, device, version, lifecycle, profile, site, time_zone, labels, metadata)
     SELECT * FROM unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[],
       $8::jsonb[], $9::jsonb[]) AS new (tenant, device) ORDER BY tenant, device
     ON CONFLICT (tenant, device) DO UPDATE SET version = EXCLUDED.version, lifecycle = EXCLUDED.lifecycle,
       profile = EXCLUDED.profile, site = EXCLUDED.site, time_zone = EXCLUDED.time_zone, labels = EXCLUDED.labels,
       metadata = EXCLUDED.metadata, changed_in = EXCLUDED.changed_in
     WHERE EXCLUDED.version > d.version`,
    [
      ...[of('tenant'), of('device'), of('version'), of('lifecycle'), of('profile'), of('site'), of('timeZone')],
      ...[jsonOf('labels'), jsonOf('metadata')],
    ],
  );
}
