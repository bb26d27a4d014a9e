import { CodedError } from '@myelin/kernel';

export type TelemetryErrorCode =
  /** Another member has taken the partition over since this one loaded its position. */
  | 'telemetry.position-fenced'
  /** The stored position is not where this member left it. */
  | 'telemetry.position-conflict'
  /** The partition was taken away while its batch waited. */
  | 'telemetry.batch-aborted'
  /** The day's partition was not there (any more); planning again finds out why. */
  | 'telemetry.partition-missing'
  /** The measurement is there although nothing said so; planning again with a fresh look finds it. */
  | 'telemetry.measurement-present'
  /** Filters took values out of a stored measurement since it was looked up; planning again counts without them. */
  | 'telemetry.measurement-changed'
  /** Profiles are not read yet: what depends on them waits. */
  | 'telemetry.profiles-behind'
  /** The database refused what it should take: a missing table or right. Nothing is parked for it. */
  | 'telemetry.store-refused'
  /** What a query asks for is greater than a number can be. */
  | 'telemetry.number-overflow'
  /** A query needs rows where only rollups are kept. */
  | 'telemetry.resolution-unavailable'
  /** A tenant's queries use or wait for as much as one tenant may. */
  | 'telemetry.too-many-queries'
  /** Other queries have all connections, and had them for as long as a query waits. */
  | 'telemetry.connections-busy'
  /** What is to be answered in one piece is greater than an answer may be. */
  | 'telemetry.answer-too-large';

export class TelemetryError extends CodedError<TelemetryErrorCode> {}

/** Why a record can never be stored; the codes of poison records. */
export const poisonCodes = {
  key: 'telemetry.key-invalid',
  header: 'telemetry.header-invalid',
  ahead: 'telemetry.ts-ahead',
  received: 'telemetry.receive-time-invalid',
  value: 'telemetry.value-unstorable',
  deviceTaken: 'telemetry.device-index-taken',
} as const;
