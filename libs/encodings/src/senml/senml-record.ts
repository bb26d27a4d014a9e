import { EncodingFault, type EncodingFaultName } from '../encoding-fault.js';
import { isSenmlLabel, mustBeUnderstood, senmlFields, type SenmlLabel } from './senml-labels.js';

type FieldTypes = { string: string; number: number; boolean: boolean };

/** A record as it was sent, with the fields that we know. */
export type SenmlRecord = { readonly [Label in SenmlLabel]?: FieldTypes[(typeof senmlFields)[Label]['type']] };

const valueLabels = ['v', 'vs', 'vb'] as const;
export type ValueLabel = (typeof valueLabels)[number];

/**
 * The record at an index of a pack. Labels that are not known are ignored.
 * @throws EncodingFault senml-record-invalid, senml-must-understand, bytes-not-supported, number-not-finite
 */
export function senmlRecord(raw: unknown, index: number): SenmlRecord {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    throw faultIn(index, undefined, 'senml-record-invalid', 'a record is an object');
  }
  const record: Record<string, unknown> = {};
  for (const [label, value] of Object.entries(raw)) {
    if (isSenmlLabel(label)) record[label] = checkedField(label, value, index);
    else if (mustBeUnderstood(label)) {
      throw faultIn(index, label, 'senml-must-understand', 'a label that ends in _ must be understood, and is not');
    }
  }
  return record;
}

/** Which field holds the value; undefined when there is none. @throws EncodingFault senml-record-invalid for several */
export function valueLabelOf(record: SenmlRecord, index: number): ValueLabel | undefined {
  const [first, second] = valueLabels.filter((label) => record[label] !== undefined);
  if (second === undefined) return first;
  throw faultIn(index, second, 'senml-record-invalid', `the record has a value already, ${first}`);
}

export function faultIn(
  index: number,
  label: string | undefined,
  name: EncodingFaultName,
  message: string,
): EncodingFault {
  return EncodingFault.named(name, message, recordPointer(index, label));
}

/** Longer than a pointer repeats: only labels that we do not know are. */
const maxLabelLength = 128;

export function recordPointer(index: number, label?: string): string {
  return label === undefined || label.length > maxLabelLength ? `/${index}` : `/${index}/${label}`;
}

function checkedField(label: SenmlLabel, value: unknown, index: number): unknown {
  if (label === 'vd') throw faultIn(index, label, 'bytes-not-supported', 'data values are no kind of value here');
  const { type } = senmlFields[label];
  if (typeof value !== type) throw faultIn(index, label, 'senml-record-invalid', `must be a ${type}`);
  if (typeof value !== 'number') return value;
  if (Number.isFinite(value)) return value === 0 ? 0 : value;
  throw faultIn(index, label, 'number-not-finite', 'must be a number that a double can hold');
}
