import { type KafkaAdmin, createKafkaAdmin } from '@myelin/messaging';
import type { DoctorConfig } from '../doctor-config.js';
import { askBroker } from './broker-version.js';

/** Shorter than a check may take. */
const requestTimeoutMs = 4_000;

/** What `work` finds; nothing when no broker is configured, or none answers, which the check of the brokers tells. */
export async function withAdmin<Found>(
  { brokers = [], kafkaNamespace }: DoctorConfig,
  work: (admin: KafkaAdmin, brokers: readonly string[]) => Promise<Found[]>,
): Promise<Found[]> {
  // Who is no broker would be asked again and again by the client, for longer than a check may take.
  const answers = await Promise.all(brokers.map(askBroker));
  const reachable = brokers.filter((_, place) => answers[place] !== undefined);
  if (reachable.length === 0) return [];
  const admin = createKafkaAdmin({
    ...{ brokers: reachable, clientId: 'doctor', namespace: kafkaNamespace },
    ...{ requestTimeoutMs, connectionTimeoutMs: 2_000 },
  });
  try {
    return await work(admin, reachable);
  } finally {
    void admin.close().catch(() => undefined); // what was found shall not wait for a farewell
  }
}
