import { expect, test } from '@jest/globals';
import { aProfile, waitFor } from '@myelin/testing';
import {
  type Report,
  profileEvent,
  reportEvent,
  serviceIn,
  surroundings,
  tickEvent,
} from './running-service.fixture.js';

const hourMs = 3_600_000;

test('the running service learns filters from profiles, discards what they call redundant and counts it', async () => {
  await using around = await surroundings({ partitions: 1 });
  const environment = { ...around.environment, ROLLUP_INTERVAL: '200ms' };
  const thermometer = { tenant: 'acme', profile: 'thermometer', latenessMs: 0 };
  const metrics = { t: { kind: 'number', deadband: 1 } as const };
  await around.publisher.send([profileEvent(aProfile({ ...thermometer, metrics }), 1)]);
  const service = await serviceIn({ ...around, environment });
  try {
    const startMs = Math.floor(Date.now() / hourMs) * hourMs - 3 * hourMs;
    const report = (at: number, t: number): ReturnType<typeof reportEvent> => {
      const one: Report = { device: 'sensor', index: 1, body: { ts: startMs + at, boot: 'b', seq: at, values: { t } } };
      return { ...reportEvent(one), timestampMs: startMs + at };
    };
    await around.publisher.send([report(0, 20), report(1, 20.5), report(2, 21.5), tickEvent(0)]);
    const token = await around.issuer.token({ tenant: 'acme', roles: ['viewer'] });
    const get = async <Body>(path: string): Promise<Body> => {
      const response = await fetch(service.url + path, { headers: { authorization: `Bearer ${token}` } });
      return (await response.json()) as Body;
    };
    const statistics = await waitFor(
      async () => {
        const { tenant } = await get<{ tenant: Record<string, number> }>('/v1/statistics');
        return tenant['filtered'] === 1 ? tenant : undefined;
      },
      { timeoutMs: 30_000, what: 'something filtered' },
    );
    expect(statistics).toMatchObject({ stored: 2, filtered: 1, filteredValues: 1, duplicates: 0 });
    const range = `from=${startMs}&to=${startMs + hourMs}`;
    const { items } = await get<{ items: { values: object }[] }>(`/v1/devices/sensor/measurements/raw?${range}`);
    expect(items.map(({ values }) => values)).toEqual([{ t: 20 }, { t: 21.5 }]);
  } finally {
    await service.close();
  }
}, 60_000);
