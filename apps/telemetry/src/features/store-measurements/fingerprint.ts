import { hash } from 'node:crypto';
import type { MetricValue, Values } from '../../domain/measurement.js';

export interface Content {
  readonly fingerprint: string;
  readonly metrics: readonly string[];
  readonly shape: string;
  readonly valuesJson: string;
}

/**
 * What a measurement is beside its device and time. Members in any order, `1.0` and `1`, `-0` and `0` are the same content:
 * the text is JSON with sorted members and the shortest number that reads back as the same double.
 */
export function contentOf(boot: string | undefined, seq: number | undefined, values: Values): Content {
  const metrics = Object.keys(values).sort();
  let text = '';
  // Metric names hold nothing that JSON would escape.
  for (const metric of metrics) text += `,"${metric}":${canonical(values[metric] as MetricValue)}`;
  text = `{${text.slice(1)}}`;
  return { fingerprint: fingerprintOf(boot, seq, text), metrics, shape: shapeOf(metrics), valuesJson: text };
}

/** @param valuesJson canonical */
export function fingerprintOf(boot: string | undefined, seq: number | undefined, valuesJson: string): string {
  // A boot id holds nothing that JSON would escape.
  return digest(`${boot === undefined ? '' : `"${boot}"`}\n${seq ?? ''}\n${valuesJson}`);
}

function canonical(value: MetricValue): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'object' || Array.isArray(value)) return JSON.stringify(value);
  return JSON.stringify(value, Object.keys(value).sort());
}

const shapes = new Map<string, string>();
const maxCachedShapes = 10_000;

/** Identifies a sorted list of metric names. */
export function shapeOf(metrics: readonly string[]): string {
  const names = metrics.join('\n');
  const cached = shapes.get(names);
  if (cached !== undefined) return cached;
  if (shapes.size >= maxCachedShapes) shapes.clear();
  const shape = digest(names);
  shapes.set(names, shape);
  return shape;
}

/** The first 128 bits of SHA-256, so that two contents never meet by accident nor by intent. */
function digest(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 32);
}
