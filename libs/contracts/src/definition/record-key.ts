import { deviceIdPattern, tenantIdPattern } from '@myelin/kernel';

/** What the record key is. */
export type KeyKind =
  /** `<tenant>/<device>` */
  | 'device'
  /** `<tenant>` */
  | 'tenant'
  /** `<tenant>/<profile>` */
  | 'profile'
  /** `<tenant>/<site>` */
  | 'site'
  /** `<tenant>/<rule>` */
  | 'rule'
  /** `<tenant>/<window>` */
  | 'maintenance-window'
  /** `<tenant>/<rollout>` */
  | 'rollout'
  /** `<tenant>/<alarm>` */
  | 'alarm'
  /** `<tenant>/<release>` */
  | 'release'
  /** `<service>.<feature>`: a consumer group */
  | 'group'
  /** `<gateway instance>`; of ticks the partition is given by the publisher, not by the key */
  | 'gateway-instance';

/** Names of sites, profiles, rules, maintenance windows, releases and rollouts. */
export const slugPattern = '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$';

export const uuidPattern = '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';

const inTenant = (pattern: string): string => `${tenantIdPattern.slice(0, -1)}/${pattern.slice(1)}`;

/** Each key kind as an anchored pattern. */
export const keyPatterns: Readonly<Record<KeyKind, string>> = {
  device: inTenant(deviceIdPattern),
  tenant: tenantIdPattern,
  profile: inTenant(slugPattern),
  site: inTenant(slugPattern),
  rule: inTenant(slugPattern),
  'maintenance-window': inTenant(slugPattern),
  rollout: inTenant(slugPattern),
  alarm: inTenant(uuidPattern),
  release: inTenant(slugPattern),
  group: '^[a-z][a-z0-9-]*\\.[a-z][a-z0-9-]*$',
  'gateway-instance': '^.{1,128}$',
};

export const keyForms: Readonly<Record<KeyKind, string>> = {
  device: '<tenant>/<device>',
  tenant: '<tenant>',
  profile: '<tenant>/<profile>',
  site: '<tenant>/<site>',
  rule: '<tenant>/<rule>',
  'maintenance-window': '<tenant>/<window>',
  rollout: '<tenant>/<rollout>',
  alarm: '<tenant>/<alarm>',
  release: '<tenant>/<release>',
  group: '<service>.<feature>',
  'gateway-instance': '<gateway instance>',
};
