import type { ByteRange } from './artifact-store.js';

/**
 * What `Range` asks of a file of `size` bytes (RFC 9110, 14.2): a range of it, the whole of it, or nothing that there is.
 *
 * Several ranges are refused as a whole and unread (14.2 allows that for excessive ones): no update client asks for them, and
 * thousands of overlapping ones must cost nothing, while to answer them with the whole file would cost most of all. A malformed
 * range is refused too, as hawkBit does; another unit is ignored.
 */
export function rangeAsked(header: string | undefined, size: number): ByteRange | 'whole' | 'unsatisfiable' {
  if (header === undefined) return 'whole';
  const match = header.length > 100 ? null : /^ *bytes *= *(\d*) *- *(\d*) *$/i.exec(header);
  if (match === null) return /^ *bytes *=/i.test(header) ? 'unsatisfiable' : 'whole';
  const [, first = '', last = ''] = match;
  if (first === '') {
    const length = Math.min(Number(last), size); // '' is none
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start > end ? 'unsatisfiable' : { start, end };
}
