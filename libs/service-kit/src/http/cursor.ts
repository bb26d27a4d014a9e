import { Problem } from './problem.js';

/** An opaque cursor: base64url of the JSON of `position`. Not signed: whatever it holds is re-checked as input. */
export function encodeCursor(position: unknown): string {
  return Buffer.from(JSON.stringify(position), 'utf8').toString('base64url');
}

/**
 * The inverse of {@link encodeCursor}; `isPosition` says whether what came back has the shape that was put in.
 * @throws Problem 400 cursor-invalid
 */
export function decodeCursor<T>(cursor: string, isPosition: (position: unknown) => position is T): T {
  const position = /^[A-Za-z0-9_-]{1,2048}$/.test(cursor) ? parsed(cursor) : undefined;
  if (isPosition(position)) return position;
  const detail = 'the cursor was not made by this route';
  throw new Problem({ status: 400, type: 'cursor-invalid', detail, errors: [{ parameter: 'cursor', detail }] });
}

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/** One page of a list. `rows` has one more than `limit` when there is a next page; `positionOf` is where that begins. */
export function pageOf<Row, View>(
  rows: readonly Row[],
  limit: number,
  view: (row: Row) => View,
  positionOf: (row: Row) => unknown,
): { items: View[]; nextCursor?: string } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const items = shown.map(view);
  return rows.length > limit && last !== undefined ? { items, nextCursor: encodeCursor(positionOf(last)) } : { items };
}
