import { Measurement, compileValidator, maxMeasurementsPerReport, maxTextLength } from '@myelin/contracts';
import type { Fault } from '@myelin/contracts';
import type { Measurement as MeasurementShape } from '../../domain/report-check.js';
import { refusal } from './refusals.js';

type Report = MeasurementShape | readonly MeasurementShape[];

const checkMeasurement = compileValidator<MeasurementShape>(Measurement, 'strict');

/**
 * Holds a parsed body against the contract of `measurement-reported`, measurement by measurement, so that a fault has
 * a precise pointer. @throws Problem too-many-measurements, too-many-values, measurement-invalid
 */
export function checkedAgainstContract(body: unknown): Report {
  if (!Array.isArray(body)) {
    checkOne(body, '');
    return body as MeasurementShape;
  }
  if (body.length > maxMeasurementsPerReport) {
    const errors = [{ pointer: `/${maxMeasurementsPerReport}`, detail: `the batch holds ${body.length} measurements` }];
    throw refusal('too-many-measurements', { errors });
  }
  if (body.length === 0) {
    throw refusal('measurement-invalid', { errors: [{ pointer: '', detail: 'must hold at least one measurement' }] });
  }
  for (let index = 0; index < body.length; index++) checkOne(body[index], `/${index}`);
  return body as MeasurementShape[];
}

function checkOne(measurement: unknown, base: string): void {
  const validation = checkMeasurement(measurement);
  if (validation.ok) return;
  const fault = validation.faults[0] as Fault;
  const errors = [{ pointer: base + fault.pointer, detail: explained(fault) }];
  throw refusal(isTooManyValues(fault) ? 'too-many-values' : 'measurement-invalid', { errors });
}

function isTooManyValues(fault: Fault): boolean {
  return fault.pointer === '/values' && fault.keyword === 'maxProperties';
}

const valuePointer = /^\/values\/[^/]+/;

function explained(fault: Fault): string {
  if (valuePointer.test(fault.pointer)) {
    return `must be a finite number, true or false, or text of at most ${maxTextLength} characters`;
  }
  if (fault.keyword !== 'additionalProperties') return fault.message;
  return fault.pointer === '/values'
    ? 'holds a name that is not a metric name'
    : 'holds a member other than ts, boot, seq and values';
}
