import { measurementReportedV1 } from '@myelin/contracts';
import type { Problems } from '../../domain/definitions/problems.js';
import { JsonReader } from '../../domain/definitions/read-json.js';
import type { Reading } from '../../domain/evaluation/reading.js';
import { qualityMetrics } from '../../domain/rules/rule.js';

export const maxReadings = 1_000;

/** What the device measured; of a rule about data quality, what telemetry would find of its hours. */
export function readReadings(body: JsonReader, isAboutQuality: boolean): Reading[] {
  const read = isAboutQuality ? readHour : readMeasurement;
  return body.list('readings', maxReadings, (value, pointer) => read(value, pointer, body.problems));
}

/** A device's own measurement, except that it must say when. */
function readMeasurement(value: unknown, pointer: string, problems: Problems): Reading {
  const checked = measurementReportedV1.strict(value);
  if (!checked.ok) for (const fault of checked.faults) problems.add(pointer + fault.pointer, fault.message);
  else if (Array.isArray(checked.value)) problems.add(pointer, 'must be one measurement');
  else problems.expect(checked.value.ts !== undefined, `${pointer}/ts`, 'is required');
  return value as Reading;
}

function readHour(value: unknown, pointer: string, problems: Problems): Reading {
  const reader = JsonReader.of(value, pointer, problems, ['ts', 'values']);
  for (const name of ['ts', 'values']) problems.expect(reader.has(name), reader.at(name), 'is required');
  const ts = reader.integer('ts', { min: 0, max: 8_640_000_000_000_000 }) ?? 0;
  const values = JsonReader.of(reader.get('values') ?? {}, reader.at('values'), problems, qualityMetrics);
  const measures = qualityMetrics.filter((name) => values.has(name)).map((name) => [name, values.get(name)] as const);
  for (const [name, measure] of measures) {
    const fits = typeof measure === 'number' && Number.isFinite(measure);
    problems.expect(fits, values.at(name), 'must be a number');
  }
  return { ts, values: Object.fromEntries(measures) as Reading['values'] };
}
