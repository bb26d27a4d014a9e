import type { KafkaAdmin } from '@myelin/messaging';
import { waitFor } from '../time/wait-for.js';

/**
 * A group whose member was killed, or left in this moment, refuses until the broker has noticed.
 * @throws TestingError testing.timeout
 */
export async function deleteGroups(admin: KafkaAdmin, isOurs: (group: string) => boolean): Promise<void> {
  const attempt = async (): Promise<boolean> => {
    const groups = (await admin.listGroups()).filter(isOurs);
    if (groups.length > 0) await admin.deleteGroups(groups);
    return true;
  };
  await waitFor(attempt, { timeoutMs: 35_000, what: 'the groups to be empty', intervalMs: 200 });
}
