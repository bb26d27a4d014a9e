import type { Histogram } from './histogram.js';

const key = Symbol.for('myelin.histograms');
const holder = globalThis as { [key]?: Map<string, Histogram> };

/** By name. Under a global symbol: what collects them is of the preload, which may be another copy of this module. */
export const registeredHistograms: Map<string, Histogram> = (holder[key] ??= new Map());
