import { VarintReader } from './varint-reader.js';

/** The headers of a record: names of the layout, and where the values are in the record's bytes. */
export interface HeaderPlaces {
  readonly layout: HeaderLayout;
  /** Begin and end by turns, in the layout's order; a begin of -1 = null. */
  readonly values: readonly number[];
}

/** The records of a producer carry the same headers in the same order: what their names are is found out once. */
export class HeaderLayout {
  /** Of the first header of each name. */
  readonly indexes: ReadonlyMap<string, number>;
  /** Most values are those of the record before. */
  private readonly lastValues: Buffer[] = [];
  private readonly lastTexts: string[] = [];

  constructor(readonly names: readonly Buffer[]) {
    const indexes = new Map<string, number>();
    for (const [index, name] of names.entries()) {
      if (!indexes.has(name.toString())) indexes.set(name.toString(), index);
    }
    this.indexes = indexes;
  }

  text(index: number, bytes: Buffer, from: number, to: number): string {
    const last = this.lastValues[index];
    if (last !== undefined && last.length === to - from && equal(last, bytes, from)) return this.lastTexts[index] ?? '';
    const value = bytes.subarray(from, to);
    const text = value.toString();
    // A copy: a part would keep the whole answer in memory.
    if (value.length <= maxRememberedBytes) {
      this.lastValues[index] = Buffer.from(value);
      this.lastTexts[index] = text;
    }
    return text;
  }
}

const maxRememberedBytes = 128;
let recent = new HeaderLayout([]);

/** @param count headers, the first of which begins at `at` */
export function readHeaders(bytes: Buffer, at: number, count: number): HeaderPlaces {
  const values = new Array<number>(2 * count);
  if (!readAs(recent, bytes, at, values)) recent = readAnew(bytes, at, values);
  return { layout: recent, values };
}

/** False when the names are not those of the layout; `values` are worthless then. */
function readAs({ names }: HeaderLayout, bytes: Buffer, at: number, values: number[]): boolean {
  if (2 * names.length !== values.length) return false;
  const reader = new VarintReader(bytes, at);
  for (let index = 0; index < names.length; index++) {
    const name = names[index] as Buffer;
    if (reader.int() !== name.length || !equal(name, bytes, reader.at)) return false;
    reader.at += name.length;
    readValue(reader, values, index);
  }
  return true;
}

function readAnew(bytes: Buffer, at: number, values: number[]): HeaderLayout {
  const reader = new VarintReader(bytes, at);
  const names: Buffer[] = [];
  for (let index = 0; 2 * index < values.length; index++) {
    const length = reader.int();
    names.push(Buffer.from(bytes.subarray(reader.at, reader.at + length)));
    reader.at += length;
    readValue(reader, values, index);
  }
  return new HeaderLayout(names);
}

function readValue(reader: VarintReader, values: number[], index: number): void {
  const length = reader.int();
  values[2 * index] = length < 0 ? -1 : reader.at;
  if (length > 0) reader.at += length;
  values[2 * index + 1] = reader.at;
}

function equal(expected: Buffer, bytes: Buffer, at: number): boolean {
  for (let index = 0; index < expected.length; index++) if (expected[index] !== bytes[at + index]) return false;
  return true;
}
