/** Rows in PostgreSQL's binary COPY format (documentation: COPY, "Binary Format"). Fields are written in column order. */
export class CopyBinary {
  private buffer: Buffer;
  private length = 0;

  constructor(expectedBytes = 65_536) {
    this.buffer = Buffer.allocUnsafe(Math.max(expectedBytes, 4_096));
    this.length += this.buffer.write('PGCOPY\n\xff\r\n\0', 'latin1');
    this.length = this.buffer.writeInt32BE(0, this.length); // flags
    this.length = this.buffer.writeInt32BE(0, this.length); // header extension
  }

  row(fields: number): void {
    this.reserve(2);
    this.length = this.buffer.writeInt16BE(fields, this.length);
  }

  nothing(): void {
    this.reserve(4);
    this.length = this.buffer.writeInt32BE(-1, this.length);
  }

  int2(value: number): void {
    this.reserve(6);
    this.length = this.buffer.writeInt32BE(2, this.length);
    this.length = this.buffer.writeInt16BE(value, this.length);
  }

  int4(value: number): void {
    this.reserve(8);
    this.length = this.buffer.writeInt32BE(4, this.length);
    this.length = this.buffer.writeInt32BE(value, this.length);
  }

  /** @param value a safe integer */
  int8(value: number): void {
    this.reserve(12);
    this.length = this.buffer.writeInt32BE(8, this.length);
    this.length = this.buffer.writeInt32BE(Math.floor(value / 4_294_967_296), this.length);
    this.length = this.buffer.writeUInt32BE(value >>> 0, this.length);
  }

  /** @param instantMs milliseconds since the Unix epoch */
  timestamp(instantMs: number): void {
    this.int8((instantMs - epoch2000Ms) * 1_000);
  }

  /** @param digits 32 hexadecimal digits */
  uuid(digits: string): void {
    this.reserve(20);
    this.length = this.buffer.writeInt32BE(16, this.length);
    this.length += this.buffer.write(digits, this.length, 16, 'hex');
  }

  text(value: string): void {
    this.sized(value, 0);
  }

  /** @param json JSON text */
  jsonb(json: string): void {
    this.sized(json, 1);
  }

  textArray(values: readonly string[]): void {
    this.reserve(24);
    const sizeAt = this.length;
    this.length += 4;
    for (const field of [1, 0, textOid, values.length, 1]) this.length = this.buffer.writeInt32BE(field, this.length);
    for (const value of values) this.text(value);
    this.buffer.writeInt32BE(this.length - sizeAt - 4, sizeAt);
  }

  /** The whole of it; nothing can be added afterwards. */
  finish(): Buffer {
    this.reserve(2);
    this.length = this.buffer.writeInt16BE(-1, this.length);
    return this.buffer.subarray(0, this.length);
  }

  /** @param version first byte of a jsonb; 0 = none */
  private sized(value: string, version: 0 | 1): void {
    this.reserve(5 + value.length * 3);
    const sizeAt = this.length;
    this.length += 4;
    if (version !== 0) this.length = this.buffer.writeUInt8(version, this.length);
    this.length += this.buffer.write(value, this.length, 'utf8');
    this.buffer.writeInt32BE(this.length - sizeAt - 4, sizeAt);
  }

  private reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length + bytes));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}

const epoch2000Ms = 946_684_800_000;
const textOid = 25;
