import { types } from 'node:util';
import { CodedError } from '@myelin/kernel';
import { PersistenceError, type PersistenceErrorCode } from './persistence.errors.js';

interface DriverError extends Error {
  readonly code?: string;
  readonly constraint?: string;
  readonly table?: string;
  readonly column?: string;
}

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT', // a Unix socket that is not there
]);

// The driver and its pool give these no code.
const lostConnection =
  /^(Connection terminated|Client was closed|Client has encountered a connection error|timeout expired|timeout exceeded when trying to connect|Query read timeout|Cannot use a pool after calling end|Driver not Connected)/;

const retryableCodes: ReadonlySet<PersistenceErrorCode> = new Set([
  'database.unavailable',
  'database.conflict',
  'database.timeout',
  'database.schema-behind',
]);

const sentences: Readonly<Record<PersistenceErrorCode, string>> = {
  'database.unavailable': 'the database cannot be reached',
  'database.conflict': 'another transaction was in the way',
  'database.timeout': 'the database took too long',
  'database.unique-violation': 'there is already such a row',
  'database.constraint-violation': 'a constraint forbids this row',
  'database.forbidden': 'the role may not do this',
  'database.migration-failed': 'a migration failed',
  'database.schema-behind': 'the schema is older than the code',
  'database.setting-invalid': 'this name or setting cannot be used',
  'database.failed': 'the database refused a statement',
};

/**
 * What a driver's or TypeORM's error means. Errors that are coded already and errors that do not come from the
 * database are returned as they are. The cause keeps SQLSTATE, constraint and stack, never parameters or row values.
 */
export function translateDatabaseError(error: unknown): unknown {
  if (error instanceof CodedError || !types.isNativeError(error)) return error;
  const driver = driverError(error);
  const code = codeOf(driver);
  if (code === undefined) return error;
  const options = { cause: withoutValues(driver), details: factsOf(driver) };
  return retryableCodes.has(code)
    ? PersistenceError.retryable(code, sentences[code], options)
    : PersistenceError.permanent(code, sentences[code], options);
}

/** Whether the database ended a transaction for a collision with another one (SQLSTATE 40001, 40P01): it may be run again. */
export function isConflict(error: unknown): boolean {
  const translated = translateDatabaseError(error);
  return translated instanceof PersistenceError && translated.code === 'database.conflict';
}

/** SQLSTATE of a driver's, TypeORM's or translated error; undefined when there is none. */
export function sqlStateOf(error: unknown): string | undefined {
  if (error instanceof PersistenceError) return error.details['sqlState'] as string | undefined;
  if (!types.isNativeError(error)) return undefined;
  const { code } = driverError(error);
  return isSqlState(code) ? code : undefined;
}

function driverError(error: Error): DriverError {
  // TypeORM wraps the driver's error; Node reports one error per address that it tried.
  const { driverError: wrapped, errors } = error as { driverError?: unknown; errors?: unknown };
  if (types.isNativeError(wrapped)) return driverError(wrapped);
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  return types.isNativeError(first) ? first : error;
}

function codeOf(error: DriverError): PersistenceErrorCode | undefined {
  const { code } = error;
  if (code !== undefined && networkCodes.has(code)) return 'database.unavailable';
  if (isSqlState(code)) return codeOfSqlState(code);
  return lostConnection.test(error.message) ? 'database.unavailable' : undefined;
}

/** PostgreSQL 18, appendix A. */
function codeOfSqlState(state: string): PersistenceErrorCode {
  if (state === '40001' || state === '40P01') return 'database.conflict';
  if (state === '57014' || state === '55P03' || state === '25P04') return 'database.timeout';
  if (state === '23505' || state === '23P01') return 'database.unique-violation';
  if (state.startsWith('23')) return 'database.constraint-violation';
  if (state === '42501') return 'database.forbidden';
  // 08 connection, 53 resources (too many connections, disk full), 57P0x shutdown, 25P03 idle in transaction,
  // 25006 a read-only server (fail-over under way), 28 a login that is refused (a password that is being changed, a server that
  // is being set up), 58 the server's own file system.
  if (/^(08|28|53|57P0|25P03|25006|58)/.test(state)) return 'database.unavailable';
  return 'database.failed';
}

function isSqlState(code: string | undefined): code is string {
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !networkCodes.has(code);
}

function factsOf(error: DriverError): Record<string, string> {
  const facts: Record<string, string> = {};
  if (error.code !== undefined) facts[isSqlState(error.code) ? 'sqlState' : 'systemCode'] = error.code;
  if (error.constraint !== undefined) facts['constraint'] = error.constraint;
  if (error.table !== undefined) facts['table'] = error.table;
  if (error.column !== undefined) facts['column'] = error.column;
  return facts;
}

/** Class 22 (data exceptions) quotes the offending value in its message; `detail` and `where` may quote whole rows. */
function withoutValues(error: DriverError): Error {
  const message = isSqlState(error.code) && error.code.startsWith('22') ? `SQLSTATE ${error.code}` : error.message;
  const cause = new Error(message);
  cause.name = error.name;
  // The stack begins with the original message: keep only its frames.
  const frames = error.stack?.split('\n').filter((line) => line.startsWith('    at ')) ?? [];
  cause.stack = [`${cause.name}: ${message}`, ...frames].join('\n');
  return cause;
}
