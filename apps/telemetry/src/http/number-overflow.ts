import { sqlStateOf } from '@myelin/persistence';
import { Problem } from '@myelin/service-kit';
import { TelemetryError } from '../domain/telemetry.errors.js';

/** SQLSTATE numeric_value_out_of_range */
const numericOverflow = '22003';

/** The outcome of a query about numbers. @throws Problem 422 aggregate-overflow */
export async function withoutOverflow<T>(outcome: Promise<T>): Promise<T> {
  try {
    return await outcome;
  } catch (error) {
    const overflown = error instanceof TelemetryError && error.code === 'telemetry.number-overflow';
    if (!overflown && sqlStateOf(error) !== numericOverflow) throw error;
    const title = 'A sum is greater than a number can be';
    throw new Problem({ status: 422, type: 'aggregate-overflow', title, cause: error });
  }
}
