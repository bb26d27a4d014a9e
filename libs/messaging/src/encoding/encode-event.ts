import type { EventContract } from '@myelin/contracts';
import { uuidv7 } from '@myelin/kernel';
import { injectTraceHeaders } from '@myelin/observability';
import { MessagingError } from '../messaging.errors.js';
import type { EncodedRecord } from './encoded-record.js';
import { headerNames } from './header-names.js';

export interface EventToPublish<Payload> {
  readonly contract: EventContract<Payload>;
  readonly key: string;
  /** null = tombstone; only on compacted topics. */
  readonly payload: Payload | null;
  /** `ce_id`; the same again means the same event. Default: a new UUIDv7. */
  readonly id?: string;
  /** `ce_time` and record timestamp, milliseconds since the epoch. Default: now. */
  readonly timeMs?: number;
  /** The entity's version (header `myelin-version`); state topics need it, tombstones too. */
  readonly version?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: chosen by the key. */
  readonly partition?: number;
}

/**
 * An event as a record: CloudEvents 1.0 in binary mode, the body is the payload only, `traceparent` is that of
 * the active context. `source` is the publisher, e.g. `/device-registry`.
 * @throws MessagingError messaging.event-invalid
 */
export function encodeEvent<Payload>(event: EventToPublish<Payload>, source: string): EncodedRecord {
  const { contract, key, payload } = event;
  check(event);
  const timeMs = event.timeMs ?? Date.now();
  const headers: Record<string, string | Buffer> = {
    [headerNames.specVersion]: '1.0',
    [headerNames.id]: event.id ?? uuidv7(),
    [headerNames.type]: contract.type,
    [headerNames.source]: source,
    [headerNames.time]: new Date(timeMs).toISOString(),
    ...event.headers,
  };
  if (payload !== null) headers[headerNames.contentType] = 'application/json';
  if (event.version !== undefined) headers[headerNames.version] = String(event.version);
  injectTraceHeaders(headers);
  return {
    topic: contract.topic.name,
    key,
    value: payload === null ? null : Buffer.from(JSON.stringify(payload)),
    headers,
    timestampMs: timeMs,
    ...(event.partition === undefined ? {} : { partition: event.partition }),
  };
}

function check<Payload>(event: EventToPublish<Payload>): void {
  const { contract, key, payload, version } = event;
  const compacted = contract.topic.cleanup.kind === 'compact';
  if (key === '') throw invalid(contract, 'its key is empty');
  if (compacted && version === undefined) throw invalid(contract, 'state needs a version');
  if (version !== undefined && !(Number.isSafeInteger(version) && version >= 0)) {
    throw invalid(contract, 'its version is not a non-negative integer');
  }
  if (payload === null) {
    if (!compacted) throw invalid(contract, 'a tombstone belongs on compacted topics only');
    return;
  }
  const validation = contract.strict(payload);
  if (validation.ok) return;
  const fault = validation.faults[0];
  throw invalid(contract, `${fault?.pointer || '/'} ${fault?.message ?? 'breaks the schema'}`);
}

function invalid(contract: EventContract, reason: string): MessagingError {
  return MessagingError.permanent('messaging.event-invalid', `${contract.type} cannot be published: ${reason}`, {
    details: { type: contract.type },
  });
}
