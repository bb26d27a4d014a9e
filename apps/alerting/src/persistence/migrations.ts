import { Notifications1795694400000 } from './migrations/1795694400000-notifications.js';
import { Rules1795780000000 } from './migrations/1795780000000-rules.js';
import { Alarms1795783600000 } from './migrations/1795783600000-alarms.js';
import { Checkpoints1795787200000 } from './migrations/1795787200000-checkpoints.js';
import { Dispatching1795790800000 } from './migrations/1795790800000-dispatching.js';
import { Storms1795794400000 } from './migrations/1795794400000-storms.js';
import { PeerRounds1795798000000 } from './migrations/1795798000000-peer-rounds.js';
import { FindDeliveries1795801600000 } from './migrations/1795801600000-find-deliveries.js';
import { Traces1795805200000 } from './migrations/1795805200000-traces.js';

/** Oldest first. Released migrations are never changed. */
export const migrations = [
  Notifications1795694400000,
  Rules1795780000000,
  Alarms1795783600000,
  Checkpoints1795787200000,
  Dispatching1795790800000,
  Storms1795794400000,
  PeerRounds1795798000000,
  FindDeliveries1795801600000,
  Traces1795805200000,
];
