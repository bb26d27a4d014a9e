import { Notifications1795694400000 } from './migrations/1795694400000-notifications.js';
import { Rules1795780000000 } from './migrations/1795780000000-rules.js';

/** Oldest first. Released migrations are never changed. */
export const migrations = [Notifications1795694400000, Rules1795780000000];
