import { FirstSchema1795420800000 } from './1795420800000-first-schema.js';

export const migrations = [FirstSchema1795420800000];
