import { CodedError, isRetryable } from '@myelin/kernel';
import { sqlStateOf, translateDatabaseError } from '@myelin/persistence';
import { TelemetryError } from '../../domain/telemetry.errors.js';

/**
 * What a failed write means for the records: only data that PostgreSQL cannot take (class 22) is the records' fault.
 * Everything else, a missing table or right included, is ours: the partition waits, nothing is parked for it.
 */
export function writeFailure(error: unknown): unknown {
  if (error instanceof CodedError && isRetryable(error)) return error;
  const translated = translateDatabaseError(error);
  if (!(translated instanceof CodedError) || translated.retryable) return translated;
  const state = sqlStateOf(translated);
  if (state === undefined || state.startsWith('22')) return translated;
  const options = { cause: translated, details: { sqlState: state } };
  if (state === '23505') {
    return TelemetryError.retryable(
      'telemetry.measurement-present',
      'a measurement is stored that was not remembered',
      options,
    );
  }
  if (state === '23514' || state === 'MY001') {
    return TelemetryError.retryable('telemetry.partition-missing', 'the day has no partition (any more)', options);
  }
  return TelemetryError.retryable('telemetry.store-refused', 'the database refused a statement', options);
}
