import { Outbox1795800000000 } from './migrations/1795800000000-outbox.js';
import { Artifacts1795803600000 } from './migrations/1795803600000-artifacts.js';
import { Releases1795807200000 } from './migrations/1795807200000-releases.js';
import { Devices1795810800000 } from './migrations/1795810800000-devices.js';
import { Assignments1795814400000 } from './migrations/1795814400000-assignments.js';
import { Rollouts1795818000000 } from './migrations/1795818000000-rollouts.js';
import { LateJoiners1795821600000 } from './migrations/1795821600000-late-joiners.js';
import { GatewayLoads1795825200000 } from './migrations/1795825200000-gateway-loads.js';
import { KnownFirmware1795827000000 } from './migrations/1795827000000-known-firmware.js';
import { Confirmation1795828800000 } from './migrations/1795828800000-confirmation.js';
import { DeviceSeen1795832400000 } from './migrations/1795832400000-device-seen.js';
import { WindowsOfDevices1795836000000 } from './migrations/1795836000000-windows-of-devices.js';
import { Traces1795839600000 } from './migrations/1795839600000-traces.js';

/** Oldest first. Released migrations are never changed. */
export const migrations = [
  Outbox1795800000000,
  Artifacts1795803600000,
  Releases1795807200000,
  Devices1795810800000,
  Assignments1795814400000,
  Rollouts1795818000000,
  LateJoiners1795821600000,
  GatewayLoads1795825200000,
  KnownFirmware1795827000000,
  Confirmation1795828800000,
  DeviceSeen1795832400000,
  WindowsOfDevices1795836000000,
  Traces1795839600000,
];
