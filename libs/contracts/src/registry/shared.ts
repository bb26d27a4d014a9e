import { deviceIdPattern, tenantIdPattern } from '@myelin/kernel';
import { Type } from '@sinclair/typebox';
import { mapOf } from '../definition/map-of.js';
import { slugPattern } from '../definition/record-key.js';

export const lifecycles = ['created', 'provisioned', 'active', 'suspended', 'quarantined', 'retired'] as const;
export type Lifecycle = (typeof lifecycles)[number];

export const retentionClasses = ['short', 'standard', 'long'] as const;
export type RetentionClass = (typeof retentionClasses)[number];
/** How long measurements of a class are kept: 7 days, 90 days, 5 years. */
export const retentionMs: Readonly<Record<RetentionClass, number>> = {
  short: 7 * 86_400_000,
  standard: 90 * 86_400_000,
  long: 1_826 * 86_400_000,
};

/** What becomes of measurements: stored as the retention class says, stored with rollups that outlive them, or not stored. */
export const storagePolicies = ['raw', 'summary', 'evaluate-only'] as const;
export type StoragePolicy = (typeof storagePolicies)[number];

/** What the header `myelin-retention-class` says: a retention class, or a policy that stands in its place. */
export type StorageClass = RetentionClass | Exclude<StoragePolicy, 'raw'>;

/** @param storage `raw` when a profile does not say */
export function storageClassOf(retentionClass: RetentionClass, storage: StoragePolicy = 'raw'): StorageClass {
  return storage === 'raw' ? retentionClass : storage;
}

export const labelKeyPattern = '^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$';

export const Tenant = Type.String({ pattern: tenantIdPattern });
export const Device = Type.String({ pattern: deviceIdPattern });
export const Slug = Type.String({ pattern: slugPattern });
export const Version = Type.Integer({ minimum: 1 });
export const LifecycleState = Type.Union(lifecycles.map((state) => Type.Literal(state)));
export const Labels = mapOf(labelKeyPattern, Type.String({ maxLength: 128 }), { maxProperties: 64 });
/** Free JSON of at most 8 KiB when serialised; the registry enforces the size. */
export const Metadata = mapOf('^.{1,64}$', Type.Unknown(), { maxProperties: 256 });
/** IANA time zone name. */
export const TimeZone = Type.String({ minLength: 1, maxLength: 64 });
export const Instant = Type.String({ format: 'date-time' });

const names = (pattern: string, maxItems: number) => Type.Array(Type.String({ pattern }), { minItems: 1, maxItems });

/** Which devices something is about: every member that is given must match; none at all is the whole tenant. */
export const DeviceScope = Type.Object(
  {
    devices: Type.Optional(names(deviceIdPattern, 1_000)),
    profiles: Type.Optional(names(slugPattern, 100)),
    sites: Type.Optional(names(slugPattern, 1_000)),
    /** Each label must have one of the values. */
    labels: Type.Optional(
      mapOf(labelKeyPattern, Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { maxItems: 64 }), {
        maxProperties: 16,
      }),
    ),
  },
  { additionalProperties: false },
);
