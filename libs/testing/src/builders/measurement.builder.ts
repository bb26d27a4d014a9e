import type { PayloadOf, measurementReportedV1 } from '@myelin/contracts';

type Report = PayloadOf<typeof measurementReportedV1>;
export type MeasurementPayload = Exclude<Report, readonly unknown[]>;

let nextSeq = 0;

/** A valid measurement of now; each has its own `seq`. */
export function aMeasurement(overrides: Partial<MeasurementPayload> = {}): MeasurementPayload {
  return { ts: Date.now(), boot: 'boot-1', seq: nextSeq++, values: { temperature: 21.5 }, ...overrides };
}
