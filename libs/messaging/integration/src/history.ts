import { waitFor } from '@myelin/testing';
import type { KafkaAdmin } from '@myelin/messaging';

const line = /^done (\d+) (\d+) (\S+) (-?\d+)$/gm;

/** Reads the `done` lines of a member's log. */
export function historyOf(log: string): { partition: number; offset: bigint; key: string; number: number }[] {
  return [...log.matchAll(line)].map(([, partition, offset, key, number]) => ({
    partition: Number(partition),
    offset: BigInt(offset as string),
    key: key as string,
    number: Number(number),
  }));
}

/** Waits until a group has committed everything. */
export async function readAll(admin: KafkaAdmin, group: string, topic: string, timeoutMs = 30_000): Promise<void> {
  let seen = '';
  await waitFor(
    async () => {
      const committed = (await admin.groupOffsets(group)).get(topic);
      const ranges = await admin.topicOffsets(topic);
      const open = [...ranges].filter(([partition, { low, high }]) => high > low && committed?.get(partition) !== high);
      seen = open.map(([partition, { high }]) => `${partition}: ${committed?.get(partition)} of ${high}`).join(', ');
      return open.length === 0;
    },
    { timeoutMs, what: () => `${group} to commit all of ${topic} (${seen})` },
  );
}
