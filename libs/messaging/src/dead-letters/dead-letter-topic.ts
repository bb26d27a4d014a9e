import type { FetchedRecord, PartitionReader } from '../client/port.js';
import { deadLetterHeaders as names } from '../encoding/header-names.js';
import { MessagingError } from '../messaging.errors.js';

const limits = { maxWaitMs: 500, maxBytes: 4 * 1024 * 1024 };

/** Everything that a partition holds now, oldest first. @throws MessagingError messaging.unavailable */
export async function readWholePartition(
  reader: PartitionReader,
  topic: string,
  partition: number,
): Promise<FetchedRecord[]> {
  try {
    await reader.refresh([topic]);
    const leader = reader.leaders(topic)?.[partition];
    const range = (await reader.ranges(topic)).get(partition);
    if (leader === undefined || range === undefined) return [];
    const records: FetchedRecord[] = [];
    for (let position = range.low; position < range.high;) {
      const [answer] = await reader.fetch(leader, topic, new Map([[partition, position]]), limits);
      if (answer?.fault) throw answer.fault;
      records.push(...(answer?.records ?? []));
      position = (answer?.records.at(-1)?.offset ?? position) + 1n;
    }
    return records;
  } catch (cause) {
    throw MessagingError.retryable('messaging.unavailable', `${topic}/${partition} cannot be read`, { cause });
  }
}

/** The dead letters of a partition that nobody has dealt with, oldest first. */
export function openDeadLetters(records: readonly FetchedRecord[]): FetchedRecord[] {
  const through = new Map<string, bigint>();
  for (const { key, headers } of records) {
    const mark = headers[names.replayedThrough]?.toString();
    if (mark === undefined) continue;
    const name = keyName(key);
    const offset = BigInt(mark);
    if (offset > (through.get(name) ?? -1n)) through.set(name, offset);
  }
  return records.filter(
    ({ key, headers, offset }) =>
      headers[names.replayedThrough] === undefined && offset > (through.get(keyName(key)) ?? -1n),
  );
}

export function keyName(key: Buffer | null): string {
  return key?.toString() ?? '';
}
