import { Problem, type ProblemMapping, type ProblemMappings } from '@myelin/service-kit';
import { TelemetryError, type TelemetryErrorCode } from '../domain/telemetry.errors.js';
import { tooManyTitle } from './open-queries.js';

const problems: Partial<Record<TelemetryErrorCode, (error: TelemetryError) => Problem>> = {
  'telemetry.number-overflow': (cause) =>
    new Problem({
      status: 422,
      type: 'aggregate-overflow',
      title: 'A sum is greater than a number can be',
      cause,
    }),
  'telemetry.resolution-unavailable': (cause) =>
    new Problem({
      status: 422,
      type: 'resolution-unavailable',
      title: 'Only rollups are kept of that time',
      detail: cause.message,
      cause,
    }),
};

/** What a query yields, its failures told to who asked. @throws Problem 422 aggregate-overflow, resolution-unavailable */
export async function* withQueryProblems<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item> {
  try {
    yield* items;
  } catch (error) {
    throw (error instanceof TelemetryError && problems[error.code]?.(error)) || error;
  }
}

const headers = { 'Retry-After': '1' };

/** How failures of any query leave the service; their messages are fit to be shown. */
export const queryProblems: ProblemMappings = {
  'telemetry.too-many-queries': { status: 429, type: 'too-many-queries', title: tooManyTitle, headers },
  'telemetry.connections-busy': {
    ...{ status: 503, type: 'query-connections-busy', headers },
    title: 'Queries of all tenants together have every connection',
  },
  'telemetry.answer-too-large': { status: 422, type: 'answer-too-large', title: 'The answer is too large' },
} satisfies Partial<Record<TelemetryErrorCode, ProblemMapping>>;

/** Of the API document. */
export const overflowText = '`aggregate-overflow`: an answer is greater than a number can be.';
export const unavailableText =
  '`resolution-unavailable`: of class `summary`, rows are kept for 30 days, then hours and days alone, and those do not tell what was asked for; `detail` says from when on there are rows.';
