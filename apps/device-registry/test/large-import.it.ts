import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { deviceStateV1 } from '@myelin/contracts';
import { createTableReader } from '@myelin/messaging';
import { silentLogger } from '@myelin/observability';
import { freePort, spawnService, startTokenIssuer, useDatabase, useKafka, waitFor } from '@myelin/testing';
import { migrations } from '../src/persistence/migrations.js';
import { ApiClient } from './api-client.js';
import { sendLines } from './import-client.js';
import { aProfileBody, aTenantBody, published } from './registry-fixture.js';

const total = 100_000;
const heapMiB = 256;

function* fleet(): Generator<string> {
  for (let from = 0; from < total; from += 1_000) {
    const devices = Array.from({ length: 1_000 }, (_, n) => from + n);
    yield devices.map((n) => `${JSON.stringify(deviceLine(n))}\n`).join('');
  }
}

const deviceLine = (n: number) => ({
  ...{ device: `big-${n}`, profile: 'p', site: 's' },
  labels: { line: `${n % 40}`, hall: 'north' },
  metadata: { serial: `SN-${n}` },
});

/** Largest resident memory of a process so far, in MiB; undefined where the system does not tell. */
function peakMiB(pid: number): number | undefined {
  try {
    const kib = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kib === undefined ? undefined : Math.round(Number(kib) / 1_024);
  } catch {
    return undefined;
  }
}

describe('a large import', () => {
  test(`of 100,000 devices takes one request and ${heapMiB} MiB of heap, is published whole, and repeats unchanged`, async () => {
    await using kafka = useKafka();
    await kafka.ensureTopics(published, { partitions: 2 });
    await using database = await useDatabase({ service: 'device-registry', migrations });
    await using issuer = await startTokenIssuer();
    const url = `http://127.0.0.1:${await freePort()}`;
    const env = {
      ...{ DATABASE_URL: database.appUrl, DATABASE_SCHEMA: database.schema, OIDC_ISSUER: issuer.issuer },
      ...{ KAFKA_BROKERS: kafka.settings.brokers.join(','), KAFKA_NAMESPACE: kafka.settings.namespace },
      HTTP_PORT: new URL(url).port,
    };
    await using service = await spawnService('apps/device-registry/dist/main.js', env, {
      nodeArgs: [`--max-old-space-size=${heapMiB}`, '--import', '@myelin/observability/register'],
      readyUrl: `${url}/health/ready`,
    });
    const platform = new ApiClient(url, await issuer.token({ tenant: 'platform', roles: ['platform-admin'] }));
    await platform.post('/v1/tenants', aTenantBody('large'));
    const api = new ApiClient(url, await issuer.token({ tenant: 'large', roles: ['operator'] }));
    await api.put('/v1/profiles/p', aProfileBody());
    await api.put('/v1/sites/s', { timeZone: 'UTC' });

    const startedMs = performance.now();
    const first = await sendLines(api, fleet());
    const seconds = (performance.now() - startedMs) / 1_000;
    expect(first.summary).toEqual({ done: true, created: total, unchanged: 0, refused: 0 });
    expect(first.results.every(({ line }, position) => line === position + 1)).toBe(true);
    const peak = peakMiB(service.pid);

    const seen = new Set<number>();
    const onRecord = (_key: string, state: { index: number } | null): void => void (state && seen.add(state.index));
    const reader = createTableReader(kafka.settings, { contract: deviceStateV1, onRecord }, silentLogger);
    await reader.start();
    await waitFor(() => seen.size === total, {
      timeoutMs: 120_000,
      what: () => `all states; ${seen.size} of ${total}`,
    });
    await reader.close();

    const again = await sendLines(api, fleet());
    expect(again.summary).toEqual({ done: true, created: 0, unchanged: total, refused: 0 });
    process.stderr.write(`100,000 devices imported in ${seconds.toFixed(1)} s, peak ${peak ?? '?'} MiB resident\n`);
  }, 400_000);
});
