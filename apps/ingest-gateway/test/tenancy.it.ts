import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { listRoutes } from '@myelin/service-kit';
import { type GatewayFixture, problemType, report, untilKnown, useGateway } from './gateway-fixture.js';
import type { RegisteredDevice } from './registry-writer.js';
import { recordTelemetry, type TelemetryRecorder } from './telemetry-recorder.js';

let fixture: GatewayFixture;
let recorder: TelemetryRecorder;
let ofA: RegisteredDevice;
let ofB: RegisteredDevice;
let url: string;

beforeAll(async () => {
  fixture = await useGateway();
  url = fixture.running.url;
  recorder = await recordTelemetry(fixture.kafka.settings);
  for (const tenant of ['tenant-a', 'tenant-b']) {
    await fixture.registry.tenant(tenant);
    await fixture.registry.profile(tenant);
  }
  ofA = await fixture.registry.device('one', { tenant: 'tenant-a' });
  ofB = await fixture.registry.device('one', { tenant: 'tenant-b' });
  for (const device of [ofA, ofB]) await untilKnown(url, device);
}, 60_000);
afterAll(async () => {
  await recorder?.close();
  await fixture?.dispose();
}, 60_000);

const body = '{"values":{"temperature":21.5}}';

/** For every route: how it is shown that nothing of tenant B can be reached with what belongs to tenant A. */
const routes: Record<string, () => Promise<void>> = {
  'GET /health/live': () => tellsNothingOfTenants('/health/live'),
  'GET /health/ready': () => tellsNothingOfTenants('/health/ready'),
  'GET /health/startup': () => tellsNothingOfTenants('/health/startup'),
  'GET /openapi.json': () => tellsNothingOfTenants('/openapi.json'),
  'POST /v1/telemetry': writesForItsOwnTenantOnly,
};

describe('a device of one tenant never reads or writes for another', () => {
  test('every route of the service is in the table, and the table names no other', () => {
    const listed = listRoutes(fixture.running.app).map(({ method, path }) => `${method} ${path}`);
    expect(listed.sort()).toEqual(Object.keys(routes).sort());
  });

  test.each(Object.keys(routes))('%s', async (route) => {
    await routes[route]?.();
  });
});

async function tellsNothingOfTenants(path: string): Promise<void> {
  const answer = await fetch(url + path, { headers: { authorization: ofA.basic } });
  const text = await answer.text();
  for (const word of ['tenant-a', 'tenant-b', ofA.credentialId, ofB.credentialId]) expect(text).not.toContain(word);
}

async function writesForItsOwnTenantOnly(): Promise<void> {
  const asB = `Basic ${Buffer.from(`tenant-b/one:${ofA.secret}`).toString('base64')}`;
  const mixed = `Bearer ${ofB.credentialId}.${ofA.secret}`;
  for (const authorization of [asB, mixed]) {
    expect(problemType(await report(url, authorization, body))).toBe('unauthenticated');
  }
  const naming = JSON.stringify({ tenant: 'tenant-b', device: 'one', values: { temperature: 1 } });
  expect(problemType(await report(url, ofA.basic, naming))).toBe('measurement-invalid');
  for (const headers of [{ 'x-tenant': 'tenant-b' }, { 'x-forwarded-user': 'tenant-b/one' }]) {
    expect((await report(url, ofA.basic, body, headers)).status).toBe(202);
  }
  expect((await report(url, ofB.bearer, body)).status).toBe(202);
  const records = await recorder.untilMeasurements(3);
  const written = records.map(({ key, headers }) => [key, headers['myelin-device-index']]);
  expect(written.sort()).toEqual([
    ['tenant-a/one', String(ofA.index)],
    ['tenant-a/one', String(ofA.index)],
    ['tenant-b/one', String(ofB.index)],
  ]);
}
