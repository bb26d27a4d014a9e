import { half } from './half.js';

/** How the numbers of a typed array stand in its byte string. */
export interface TypedArrayLayout {
  readonly bytesPerNumber: number;
  readonly isFloat: boolean;
  /** May give numbers that are not finite, and integers beyond 2^53 that are not exact. */
  numberAt(view: DataView, at: number): number;
}

/**
 * RFC 8746, 2.1: the tag is `010fsell` in bits (float, signed, little-endian, length). Undefined for other tags, for the
 * reserved 76, and for floats of 128 bits (83, 87).
 */
export function typedArrayLayout(tag: number): TypedArrayLayout | undefined {
  if (tag < 64 || tag > 86 || tag === 76 || tag === 83) return undefined;
  const isFloat = (tag & 0b10000) !== 0;
  const isSigned = (tag & 0b01000) !== 0;
  const littleEndian = (tag & 0b00100) !== 0;
  const bytesPerNumber = 1 << ((tag & 0b00011) + (isFloat ? 1 : 0));
  const read = (isFloat ? floats : isSigned ? signed : unsigned)[bytesPerNumber] as Reader;
  return { bytesPerNumber, isFloat, numberAt: (view, at) => read(view, at, littleEndian) };
}

type Reader = (view: DataView, at: number, littleEndian: boolean) => number;

const unsigned: Readonly<Record<number, Reader>> = {
  1: (view, at) => view.getUint8(at),
  2: (view, at, littleEndian) => view.getUint16(at, littleEndian),
  4: (view, at, littleEndian) => view.getUint32(at, littleEndian),
  8: (view, at, littleEndian) => Number(view.getBigUint64(at, littleEndian)),
};
const signed: Readonly<Record<number, Reader>> = {
  1: (view, at) => view.getInt8(at),
  2: (view, at, littleEndian) => view.getInt16(at, littleEndian),
  4: (view, at, littleEndian) => view.getInt32(at, littleEndian),
  8: (view, at, littleEndian) => Number(view.getBigInt64(at, littleEndian)),
};
const floats: Readonly<Record<number, Reader>> = {
  2: (view, at, littleEndian) => half(view.getUint16(at, littleEndian)),
  4: (view, at, littleEndian) => view.getFloat32(at, littleEndian),
  8: (view, at, littleEndian) => view.getFloat64(at, littleEndian),
};
