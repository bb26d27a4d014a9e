import type { FastifyReply } from 'fastify';
import { sendTexts } from './text-stream.js';

export const csvMediaType = 'text/csv';

/**
 * What a spreadsheet would take for a formula, also behind white space and in full width, and what begins with the mark
 * that keeps it from doing so: taking one leading apostrophe off such a cell gives every text back.
 */
const takenForFormula = /^(?:\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|['\t\r\n])/;

/**
 * A cell of RFC 4180. Absent values are empty, an empty text is `""`; numbers and booleans are as in JSON, lists and
 * objects are JSON text. A text that a spreadsheet would take for a formula begins with an apostrophe.
 */
export function csvCell(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (text === '') return '""';
  const safe = takenForFormula.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csvLine(cells: readonly unknown[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

/** Sends a header and one line per row, as {@link sendTexts} does. */
export async function sendCsv(
  reply: FastifyReply,
  columns: readonly string[],
  rows: AsyncGenerator<readonly unknown[]>,
): Promise<void> {
  const contentType = `${csvMediaType}; charset=utf-8; header=present`;
  await sendTexts(reply, { contentType, head: csvLine(columns), texts: linesOf(rows) });
}

async function* linesOf(rows: AsyncGenerator<readonly unknown[]>): AsyncGenerator<string> {
  for await (const row of rows) yield csvLine(row);
}

/** Of the API document. */
export function csvContent(columns: string): Record<string, { schema: { type: 'string'; description: string } }> {
  const description = `RFC 4180 with a header line: ${columns}. Texts that a spreadsheet would take for a formula begin with an apostrophe.`;
  return { [csvMediaType]: { schema: { type: 'string', description } } };
}
