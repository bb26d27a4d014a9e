import type { EventContract } from '@myelin/contracts';
import { PoisonRecord } from '../messaging.errors.js';

/** The payload behind a record's bytes, validated tolerantly. @throws PoisonRecord record.not-json, record.schema */
export function decodePayload<Payload>(contract: EventContract<Payload>, value: Buffer): Payload {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value.toString());
  } catch (cause) {
    throw PoisonRecord.permanent('record.not-json', `a record of ${contract.type} is not JSON`, { cause });
  }
  const validation = contract.tolerant(parsed);
  if (validation.ok) return validation.value;
  const fault = validation.faults[0];
  throw PoisonRecord.permanent(
    'record.schema',
    `a record of ${contract.type} breaks its schema: ${fault?.pointer || '/'} ${fault?.message ?? ''}`,
  );
}

/** The number in the header `myelin-version`; undefined when it is missing or no non-negative integer. */
export function versionOf(header: string | undefined): number | undefined {
  if (header === undefined || !/^\d{1,16}$/.test(header)) return undefined;
  const version = Number(header);
  return Number.isSafeInteger(version) ? version : undefined;
}
