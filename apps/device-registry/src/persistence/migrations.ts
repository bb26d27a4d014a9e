import { FirstSchema1795420800000 } from './migrations/1795420800000-first-schema.js';
import { ProfilePolicies1795680000000 } from './migrations/1795680000000-profile-policies.js';
import { MaintenanceWindows1795737600000 } from './migrations/1795737600000-maintenance-windows.js';
import { TraceRequests1795780800000 } from './migrations/1795780800000-trace-requests.js';

/** Oldest first. Released migrations are never changed. */
export const migrations = [
  FirstSchema1795420800000,
  ProfilePolicies1795680000000,
  MaintenanceWindows1795737600000,
  TraceRequests1795780800000,
];
