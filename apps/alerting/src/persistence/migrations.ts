import { Notifications1795694400000 } from './migrations/1795694400000-notifications.js';

/** Oldest first. Released migrations are never changed. */
export const migrations = [Notifications1795694400000];
