import type { CborDialect } from '../cbor/decode-cbor.js';

/** RFC 8428, 4.3: the labels, with the integers that stand for them in CBOR and the type of their values. */
export const senmlFields = {
  bver: { cbor: -1, type: 'number' },
  bn: { cbor: -2, type: 'string' },
  bt: { cbor: -3, type: 'number' },
  bu: { cbor: -4, type: 'string' },
  bv: { cbor: -5, type: 'number' },
  bs: { cbor: -6, type: 'number' },
  n: { cbor: 0, type: 'string' },
  u: { cbor: 1, type: 'string' },
  v: { cbor: 2, type: 'number' },
  vs: { cbor: 3, type: 'string' },
  vb: { cbor: 4, type: 'boolean' },
  s: { cbor: 5, type: 'number' },
  t: { cbor: 6, type: 'number' },
  ut: { cbor: 7, type: 'number' },
  vd: { cbor: 8, type: 'string' },
} as const;
export type SenmlLabel = keyof typeof senmlFields;

export function isSenmlLabel(label: string): label is SenmlLabel {
  return Object.hasOwn(senmlFields, label);
}

/** RFC 8428, 4.4: what may not be ignored by those who do not know it. */
export function mustBeUnderstood(label: string): boolean {
  return label.endsWith('_');
}

const labelByInteger = new Map(Object.entries(senmlFields).map(([label, { cbor }]) => [cbor as number, label]));

/** SenML in CBOR (RFC 8428, 6), read as the records that SenML in JSON has. */
export const senmlCbor: CborDialect = {
  memberName(key, cursor) {
    if (typeof key === 'number') return labelByInteger.get(key) ?? String(key);
    if (!isSenmlLabel(key)) return key;
    return cursor.fail('senml-record-invalid', `in CBOR the label ${key} is the integer ${senmlFields[key].cbor}`);
  },
  isRead: (label) => isSenmlLabel(label),
  mayBeTime: () => false,
};
