import { FirstSchema1795420800000 } from './migrations/1795420800000-first-schema.js';

/** Oldest first. Released migrations are never changed. */
export const migrations = [FirstSchema1795420800000];
