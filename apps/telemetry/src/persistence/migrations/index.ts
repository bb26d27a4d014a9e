import { FirstSchema1795420800000 } from './1795420800000-first-schema.js';
import { StoredMeasurement1795424400000 } from './1795424400000-stored-measurement.js';

export const migrations = [FirstSchema1795420800000, StoredMeasurement1795424400000];
