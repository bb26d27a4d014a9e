import { type Fault, maxMeasurementsPerReport, measurementReportedV1 } from '@myelin/contracts';
import type { DecodedReport } from '@myelin/encodings';
import type { Measurement } from '../../domain/report-check.js';
import { refusal } from './refusals.js';

/**
 * Holds a decoded report against the contract of `measurement-reported`.
 * @throws Problem too-many-measurements, too-many-values, measurement-invalid
 */
export function checkedAgainstContract(report: DecodedReport): Measurement | readonly Measurement[] {
  const { value } = report;
  if (Array.isArray(value) && value.length > maxMeasurementsPerReport) {
    const pointer = report.pointerOf(`/${maxMeasurementsPerReport}`);
    const errors = [{ pointer, detail: `the batch holds ${value.length} measurements` }];
    throw refusal('too-many-measurements', { errors });
  }
  const validation = measurementReportedV1.strict(value);
  if (validation.ok) return validation.value;
  const fault = validation.faults[0] as Fault;
  const pointer = report.pointerOf(withoutLongName(fault.pointer));
  const errors = [{ pointer, detail: fault.message.slice(0, maxDetailLength) }];
  throw refusal(isTooManyValues(fault) ? 'too-many-values' : 'measurement-invalid', { errors });
}

const maxDetailLength = 256;
const maxPointerLength = 512;

/** A name can be as long as the body; an answer is not. */
function withoutLongName(pointer: string): string {
  return pointer.length > maxPointerLength ? pointer.slice(0, pointer.lastIndexOf('/')) : pointer;
}

function isTooManyValues({ pointer, keyword }: Fault): boolean {
  return keyword === 'maxProperties' && pointer.endsWith('/values');
}
