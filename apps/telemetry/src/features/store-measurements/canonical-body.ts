import { type Content, fingerprintOf } from './fingerprint.js';
import { type MetricSet, type Span, metricSetOf } from './metric-set.js';

export interface CanonicalMeasurement {
  readonly ts: number | undefined;
  readonly boot: string | undefined;
  readonly seq: number | undefined;
  readonly content: Content;
}

/**
 * Reads a body straight from its bytes when it is plain: no blanks, members in the order ts, boot, seq, values, and
 * every value a flag, a plain text or a number as JavaScript would write it. Then its values are canonical already,
 * and neither parsing nor the schema could say anything else about it.
 *
 * @returns undefined when the body is not plain, valid or not: parsing it and the schema decide then
 */
export function readCanonicalBody(body: Buffer): CanonicalMeasurement[] | undefined {
  const reader = new BodyReader(body);
  const measurements: CanonicalMeasurement[] = [];
  const many = reader.skip(openBracket);
  do {
    const measurement = reader.measurement();
    if (measurement === undefined || measurements.length === maxMeasurements) return undefined;
    measurements.push(measurement);
  } while (many && reader.skip(comma));
  if (many && !reader.skip(closeBracket)) return undefined;
  return reader.atEnd ? measurements : undefined;
}
