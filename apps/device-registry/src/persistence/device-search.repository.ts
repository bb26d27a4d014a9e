import type { DeviceRecord } from '../domain/records.js';
import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import type { LabelRequirement } from '../domain/label-selector.js';
import type { Lifecycle } from '../domain/lifecycle.js';
import { DeviceEntity } from './device.entity.js';

export interface DeviceFilter {
  readonly labels: readonly LabelRequirement[];
  readonly lifecycle?: Lifecycle | undefined;
  readonly profile?: string | undefined;
  readonly site?: string | undefined;
  /** Devices whose id sorts (bytewise) behind this one. */
  readonly after: string;
  readonly limit: number;
}

/** Ordered by id. */
export function searchDevices(db: EntityManager, tenant: string, filter: DeviceFilter): Promise<DeviceRecord[]> {
  const query = db
    .createQueryBuilder(DeviceEntity, 'd')
    .where('d.tenant = :tenant', { tenant })
    .andWhere('d.device > :after', { after: filter.after })
    .orderBy('d.device', 'ASC')
    .limit(filter.limit);
  for (const column of ['lifecycle', 'profile', 'site'] as const) {
    if (filter[column] !== undefined) query.andWhere(`d.${column} = :${column}`, { [column]: filter[column] });
  }
  filter.labels.forEach((requirement, position) => addRequirement(query, requirement, `label${position}`));
  return query.getMany();
}

/** Each form can use the GIN index on labels, except the negations. */
function addRequirement(query: SelectQueryBuilder<DeviceEntity>, requirement: LabelRequirement, name: string): void {
  const pair = 'value' in requirement ? JSON.stringify({ [requirement.key]: requirement.value }) : requirement.key;
  const conditions = {
    equals: `d.labels @> CAST(:${name} AS jsonb)`,
    differs: `NOT d.labels @> CAST(:${name} AS jsonb)`,
    exists: `d.labels ? :${name}`,
    absent: `NOT d.labels ? :${name}`,
  };
  query.andWhere(conditions[requirement.kind], { [name]: pair });
}
