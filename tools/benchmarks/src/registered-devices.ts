import { createHash, randomBytes } from 'node:crypto';
import {
  deviceCredentialsV1,
  deviceStateV1,
  type EventContract,
  events,
  profileStateV1,
  tenantStateV1,
} from '@myelin/contracts';
import { uuidv7 } from '@myelin/kernel';
import {
  createKafkaAdmin,
  createRecordPublisher,
  encodeEvent,
  type KafkaSettings,
  topicPlans,
} from '@myelin/messaging';
import { silentLogger } from '@myelin/observability';

export const benchTenant = 'bench';
const tenant = benchTenant;
const profile = 'machine';
const metrics = ['temperature', 'humidity', 'pressure', 'voltage', 'current', 'vibration'];

/** The device of index 1, 2, 3 ... */
export function deviceNamed(index: number): string {
  return `machine-${index}`;
}

/** Makes every topic, on a Kafka of one node. */
export async function createTopics(brokers: readonly string[]): Promise<void> {
  const admin = createKafkaAdmin({ brokers, clientId: 'benchmarks' });
  try {
    await admin.ensureTopics(topicPlans(events), { replicationFactor: 1 });
  } finally {
    await admin.close();
  }
}

/**
 * Publishes what the registry would say of a tenant, a profile and active devices, for a gateway without a registry
 * beside it. Gives the `Authorization` of each device: half Basic, half Bearer.
 */
export async function registerDevices(settings: KafkaSettings, count: number): Promise<string[]> {
  const publisher = createRecordPublisher(settings, silentLogger);
  await publisher.connect();
  try {
    let version = 0;
    const event = <Payload extends { readonly version: number }>(
      contract: EventContract<Payload>,
      key: string,
      payload: Omit<Payload, 'version'>,
    ): ReturnType<typeof encodeEvent> => {
      version += 1;
      return encodeEvent({ contract, key, payload: { ...payload, version } as Payload, version }, '/device-registry');
    };
    const limits = { maxDevices: 2_000_000, messagesPerSecond: 1e9, messagesPerSecondPerDevice: 1e9 };
    const records = [
      event(tenantStateV1, tenant, { tenant, displayName: tenant, timeZone: 'Etc/UTC', limits }),
      event(profileStateV1, `${tenant}/${profile}`, {
        tenant,
        profile,
        expectedReportIntervalMs: 1_000,
        metrics: Object.fromEntries(metrics.map((metric) => [metric, { kind: 'number' as const }])),
        unknownMetrics: 'refuse',
        retentionClass: 'standard',
        autoActivate: true,
        metadata: {},
      }),
    ];
    const authorizations: string[] = [];
    for (let index = 1; index <= count; index++) {
      const device = deviceNamed(index);
      const key = `${tenant}/${device}`;
      const id = uuidv7();
      const secret = randomBytes(32).toString('base64url');
      records.push(
        event(deviceStateV1, key, { tenant, device, index, profile, lifecycle: 'active', labels: {}, metadata: {} }),
        event(deviceCredentialsV1, key, {
          tenant,
          device,
          credentials: [
            {
              id,
              kind: 'secret',
              secretSha256: createHash('sha256').update(secret).digest('base64url'),
              notBefore: '2026-01-01T00:00:00.000Z',
            },
          ],
        }),
      );
      const basic = Buffer.from(`${tenant}/${device}:${secret}`).toString('base64');
      authorizations.push(index % 2 === 0 ? `Basic ${basic}` : `Bearer ${id}.${secret}`);
    }
    await publisher.send(records);
    return authorizations;
  } finally {
    await publisher.close();
  }
}
