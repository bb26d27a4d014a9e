import { deviceStateV1 } from '@myelin/contracts';
import { eventProbe } from '@myelin/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type RegistryFixture, aProfileBody, startFixture } from './registry-fixture.js';

let fixture: RegistryFixture;
beforeAll(async () => {
  fixture = await startFixture();
});
afterAll(() => fixture.dispose());

describe('devices', () => {
  test('a created device is answered with its version, and its state reaches Kafka', async () => {
    const api = await fixture.tenant('acme');
    expect((await api.put('/v1/profiles/thermometer', aProfileBody())).status).toBe(201);
    const probe = await eventProbe(fixture.kafka.settings, deviceStateV1);
    const answer = await api.post('/v1/devices', { device: 'sensor-1', profile: 'thermometer', labels: { a: 'b' } });
    expect(answer).toMatchObject({ status: 201, etag: '"1"', body: { device: 'sensor-1', lifecycle: 'created' } });
    const event = await probe.next(({ key }) => key === 'acme/sensor-1');
    expect(event.payload).toMatchObject({ device: 'sensor-1', timeZone: 'Europe/Berlin', version: 1 });
    expect(event.headers['myelin-version']).toBe('1');
    await probe.close();
  });
});
