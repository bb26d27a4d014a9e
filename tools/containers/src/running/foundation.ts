import { randomBytes } from 'node:crypto';
import { events } from '@myelin/contracts';
import { startStack } from '@myelin/local-stack';
import { createKafkaAdmin, topicPlans } from '@myelin/messaging';
import { provisionServiceDatabase } from '@myelin/persistence';
import type { ImagePlan } from '../image/plan.js';

/** A real Kafka with the topics, a real PostgreSQL, an issuer: what services stand on, reachable on this machine's loopback. */
export interface Foundation {
  /** What a service is told, by its name; secrets among it. */
  readonly environments: ReadonlyMap<string, Readonly<Record<string, string>>>;
  stop(): Promise<void>;
}

export async function layFoundation(plans: readonly ImagePlan[], say: (line: string) => void): Promise<Foundation> {
  const stack = await startStack({ ports: 'free', log: say });
  try {
    const { KAFKA_BROKERS = '', DATABASE_URL: adminUrl = '', OIDC_ISSUER = '' } = stack.env;
    const admin = createKafkaAdmin({ brokers: KAFKA_BROKERS.split(','), clientId: 'containers' });
    try {
      await admin.ensureTopics(topicPlans(events), { replicationFactor: 1 });
    } finally {
      await admin.close();
    }
    const environments = new Map<string, Record<string, string>>();
    for (const { app, hasMigrations } of plans) {
      const database = hasMigrations ? await databaseOf(app, adminUrl) : {};
      environments.set(app, { KAFKA_BROKERS, OIDC_ISSUER, ...database });
    }
    return { environments, stop: () => stack.stop() };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

async function databaseOf(service: string, adminUrl: string): Promise<Record<string, string>> {
  const [ownerPassword, appPassword] = [password(), password()];
  const { ownerUrl, appUrl } = await provisionServiceDatabase({ adminUrl, service, ownerPassword, appPassword });
  return { DATABASE_URL: appUrl, DATABASE_OWNER_URL: ownerUrl };
}

function password(): string {
  return randomBytes(24).toString('base64url');
}
