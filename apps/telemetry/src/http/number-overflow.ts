import { Problem } from '@myelin/service-kit';
import { TelemetryError } from '../domain/telemetry.errors.js';

/** What a query about numbers yields. @throws Problem 422 aggregate-overflow, resolution-unavailable */
export async function* withoutOverflow<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item> {
  try {
    yield* items;
  } catch (error) {
    if (error instanceof TelemetryError && error.code === 'telemetry.resolution-unavailable') {
      const title = 'Only rollups are kept of that time';
      throw new Problem({ status: 422, type: 'resolution-unavailable', title, detail: error.message, cause: error });
    }
    if (!(error instanceof TelemetryError) || error.code !== 'telemetry.number-overflow') throw error;
    const title = 'A sum is greater than a number can be';
    throw new Problem({ status: 422, type: 'aggregate-overflow', title, cause: error });
  }
}
