import { hash } from 'node:crypto';
import {
  deviceCredentialsV1,
  deviceStateV1,
  type EventContract,
  profileStateV1,
  tenantStateV1,
  updateStateV1,
} from '@myelin/contracts';
import { createRecordPublisher, encodeEvent, type KafkaSettings } from '@myelin/messaging';
import { silentLogger } from '@myelin/observability';

const tenant = 'bench';
const profile = 'machine';
const devicesPerBatch = 5_000;

/** Of the device of index 1, 2, 3 ...: nothing of it needs to be kept. */
export function pathOf(index: number): string {
  return `/${tenant}/controller/v1/machine-${index}`;
}

export function authorizationOf(index: number): string {
  return `TargetToken ${credentialOf(index)}.${secretOf(index)}`;
}

function credentialOf(index: number): string {
  return `01940000-0000-7000-8000-${index.toString(16).padStart(12, '0')}`;
}

function secretOf(index: number): string {
  return hash('sha256', `machine ${index}`, 'base64url');
}

type Encoded = ReturnType<typeof encodeEvent>;

function event<Payload>(contract: EventContract<Payload>, key: string, payload: object): Encoded {
  return encodeEvent({ contract, key, payload: { ...payload, version: 1 } as Payload, version: 1 }, '/benchmarks');
}

/** What the registry and the service itself would have published of active devices that are up to date. */
export async function publishFleet(
  settings: KafkaSettings,
  devices: number,
  progress: (published: number) => void,
): Promise<void> {
  const publisher = createRecordPublisher(settings, silentLogger);
  await publisher.connect();
  try {
    await publisher.send(surroundings());
    for (let first = 1; first <= devices; first += devicesPerBatch) {
      const count = Math.min(devicesPerBatch, devices - first + 1);
      await publisher.send(Array.from({ length: count }, (_, nth) => recordsOf(first + nth)).flat());
      progress(first + count - 1);
    }
  } finally {
    await publisher.close();
  }
}

function surroundings(): Encoded[] {
  const limits = { maxDevices: 2_000_000, messagesPerSecond: 1e9, messagesPerSecondPerDevice: 1e9 };
  return [
    event(tenantStateV1, tenant, { tenant, displayName: tenant, timeZone: 'Etc/UTC', limits }),
    event(profileStateV1, `${tenant}/${profile}`, {
      ...{ tenant, profile, expectedReportIntervalMs: 60_000, metrics: {}, metadata: {} },
      ...{ unknownMetrics: 'keep', retentionClass: 'standard', autoActivate: true },
    }),
  ];
}

function recordsOf(index: number): Encoded[] {
  const device = `machine-${index}`;
  const key = `${tenant}/${device}`;
  const secretSha256 = hash('sha256', secretOf(index), 'base64url');
  const notBefore = '2026-01-01T00:00:00.000Z';
  const credentials = [{ id: credentialOf(index), kind: 'secret', secretSha256, notBefore }];
  return [
    event(deviceStateV1, key, { tenant, device, index, profile, lifecycle: 'active', labels: {}, metadata: {} }),
    event(deviceCredentialsV1, key, { tenant, device, credentials }),
    event(updateStateV1, key, { tenant, device, shown: 'nothing', installed: index, wantsAttributes: false }),
  ];
}
