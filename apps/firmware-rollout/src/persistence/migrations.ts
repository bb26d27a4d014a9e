import { Outbox1795800000000 } from './migrations/1795800000000-outbox.js';

/** Oldest first. Released migrations are never changed. */
export const migrations = [Outbox1795800000000];
