import { uuidv7 } from '@myelin/kernel';
import { type Operator, Problem } from '@myelin/service-kit';
import type { Registry } from '../../registry.js';
import { importChunk } from './import-chunk.handler.js';
import { type ParsedLine, parseLine } from './import-line.js';
import { type LineResult, refused } from './line-result.js';
import type { ValidLine } from './sort-lines.js';
import { ImportTooLarge, type LineLimits, splitLines } from './split-lines.js';

const linesPerTransaction = 500;

/** The last line of the answer: without it the answer is incomplete. */
export interface ImportSummary {
  readonly done: boolean;
  readonly created: number;
  readonly unchanged: number;
  readonly refused: number;
  /** Why it ended early; what was created before stays. */
  readonly problem?: ReturnType<Problem['document']>;
}

/**
 * NDJSON in, NDJSON out, one transaction per 500 lines: memory is bounded whatever the length, and the source is read
 * only as fast as results are taken. Sending the same lines again is safe: what exists is `unchanged`.
 */
export async function* importDevices(
  registry: Registry,
  operator: Operator,
  { source, limits }: { source: AsyncIterable<Buffer>; limits: LineLimits },
): AsyncGenerator<string> {
  const counts = { created: 0, unchanged: 0, refused: 0 };
  const importId = uuidv7(registry.clock.nowMs());
  try {
    for await (const chunk of chunks(splitLines(source, limits))) {
      const results = await resultsOf(registry, operator, importId, chunk);
      for (const result of results) counts[result.status]++;
      yield results.map((result) => `${JSON.stringify(result)}\n`).join('');
    }
    yield `${JSON.stringify({ done: true, ...counts } satisfies ImportSummary)}\n`;
  } catch (error) {
    registry.logger.warn({ err: error, tenant: operator.tenant, importId, ...counts }, 'import ended early');
    yield `${JSON.stringify({ done: false, ...counts, problem: endOf(error).document() } satisfies ImportSummary)}\n`;
  }
}

async function* chunks(lines: ReturnType<typeof splitLines>): AsyncGenerator<ParsedLine[]> {
  let chunk: ParsedLine[] = [];
  try {
    for await (const line of lines) {
      chunk.push(parseLine(line));
      if (chunk.length < linesPerTransaction) continue;
      yield chunk;
      chunk = [];
    }
  } catch (error) {
    if (chunk.length > 0) yield chunk;
    throw error;
  }
  if (chunk.length > 0) yield chunk;
}

async function resultsOf(
  registry: Registry,
  operator: Operator,
  importId: string,
  chunk: readonly ParsedLine[],
): Promise<LineResult[]> {
  const lines: ValidLine[] = [];
  const results: LineResult[] = [];
  for (const parsed of chunk) {
    if (parsed.body === undefined) results.push(refused(parsed.line, parsed.device, parsed.problem));
    else lines.push(parsed);
  }
  if (lines.length > 0) results.push(...(await importChunk(registry, operator, { importId, lines })));
  return results.sort((a, b) => a.line - b.line);
}

function endOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof ImportTooLarge) {
    const extensions = { line: error.line, limit: error.limit };
    return new Problem({ status: 413, type: 'import-too-large', detail: 'split the import', extensions });
  }
  return new Problem({
    status: 503,
    type: 'import-interrupted',
    title: 'The import could not go on',
    detail: 'send the same lines again: what was created is then unchanged',
  });
}
