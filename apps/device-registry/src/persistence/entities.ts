import { AuditEntryEntity } from './audit-entry.entity.js';
import { CredentialEntity } from './credential.entity.js';
import { DeviceEntity } from './device.entity.js';
import { IdempotencyKeyEntity } from './idempotency-key.entity.js';
import { MaintenanceWindowEntity } from './maintenance-window.entity.js';
import { ProfileEntity } from './profile.entity.js';
import { RepublicationEntity } from './republication.entity.js';
import { SiteEntity } from './site.entity.js';
import { TenantEntity, TenantUsageEntity } from './tenant.entity.js';
import { TombstoneEntity } from './tombstone.entity.js';
import { TraceRequestEntity } from './trace-request.entity.js';

export const entities = [
  TenantEntity,
  TenantUsageEntity,
  SiteEntity,
  ProfileEntity,
  MaintenanceWindowEntity,
  DeviceEntity,
  CredentialEntity,
  AuditEntryEntity,
  IdempotencyKeyEntity,
  TombstoneEntity,
  RepublicationEntity,
  TraceRequestEntity,
];
