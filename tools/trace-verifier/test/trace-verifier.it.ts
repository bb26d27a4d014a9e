import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SpanReceiver } from '@myelin/testing';
import { drive } from '../src/driver/drive.js';
import { secretsIn, undeclaredIn, unseenIn } from '../src/declarations/check-declarations.js';
import { type VerifiedSystem, startVerifiedSystem } from '../src/driver/start-verified-system.js';
import { until } from '../src/driver/until.js';
import { type DrivenRequests, checkAll, linesOf } from '../src/expectations/check-all.js';
import { journeys } from '../src/expectations/journeys.js';
import { type OtlpTraces, spansFromOtlp } from '../src/trace-source/otlp-json.js';
import { RecordedSpans, withoutKafkaHeaders } from '../src/trace-source/recorded-spans.js';
import type { SeenSpan } from '../src/trace-source/trace-source.js';
import { logsAndMetricsOf, useSecrets } from './secrets.fixture.js';

const spans = new RecordedSpans();
let receiver: SpanReceiver;
let verified: VerifiedSystem;
let requests: DrivenRequests;

beforeAll(async () => {
  // Servers of its own: nothing else may have to do with its topics.
  for (const name of ['KAFKA_BROKERS', 'DATABASE_URL', 'OIDC_ISSUER']) delete process.env[name];
  receiver = await SpanReceiver.listen((body) => spans.add(spansFromOtlp(JSON.parse(body) as OtlpTraces)));
  verified = await startVerifiedSystem({ url: receiver.url, protocol: 'http/json' }, () => undefined);
  requests = await drive(verified, {
    isSeen: (name, request) => checkAll(spans, journeys, { [name]: request }, 20_000),
    say: () => undefined,
  });
}, 240_000);
afterAll(async () => {
  await verified?.stop();
  await receiver?.close();
}, 60_000);

const failed = (lines: readonly string[]): string[] => lines.filter((line) => line.startsWith('  FAILED'));

describe('the whole system', () => {
  test('leaves one trace of each request, from the device or operator to the last of what it led to', async () => {
    const lines = linesOf(await checkAll(spans, journeys, requests, 60_000));
    expect(failed(lines)).toEqual([]);
  }, 90_000);

  test('writes the spans and attributes that are declared, and no others; none of them has a secret', () => {
    const seen = spans.all;
    expect({ undeclared: undeclaredIn(seen), unseen: unseenIn(seen) }).toEqual({ undeclared: [], unseen: [] });
    expect(verified.secrets.size).toBeGreaterThan(5);
    expect(secretsIn(seen, [...verified.secrets])).toEqual([]);
  });

  test('fails that check where a span, an attribute or a secret is added, or one is missing', () => {
    const seen = spans.all;
    const raise = seen.find(({ name }) => name === 'raise alarm') as SeenSpan;
    expect(undeclaredIn([{ ...raise, name: 'lower alarm' }])).toEqual([expect.stringContaining('span lower alarm')]);
    expect(undeclaredIn([{ ...raise, service: 'telemetry' }])).toEqual(
      expect.arrayContaining([
        'attribute myelin.rule of raise alarm in telemetry',
        expect.stringContaining('span raise alarm of @myelin/alerting in telemetry') as unknown,
      ]),
    );
    const [secret = ''] = verified.secrets;
    const told = { ...raise, attributes: { ...raise.attributes, 'myelin.added': `of ${secret}` } };
    expect(undeclaredIn([told])).toEqual(['attribute myelin.added of raise alarm in alerting']);
    expect(secretsIn([told], [secret])).toEqual(['myelin.added of raise alarm in alerting']);
    expect(unseenIn(seen.filter(({ name }) => name !== 'start wave'))).toContain('span start wave');
    expect(unseenIn(seen.filter(({ name }) => name !== 'raise alarm'))).toContain('span raise alarm');
    expect(unseenIn(seen.filter(({ service }) => service !== 'telemetry'))).toEqual(['attribute myelin.outcome']);
  });

  test('tells no secret in a log, a span or a metric: of databases, operators, devices and webhooks, right ones and wrong ones', async () => {
    const secrets = await useSecrets(verified);
    await until('spans of all requests with secrets', () =>
      secrets.traceIds.every((id) => receiver.bodies.some((body) => body.includes(id))) ? true : undefined,
    );
    const told: Record<string, string> = {
      ...(await logsAndMetricsOf(verified.system)),
      spans: receiver.bodies.join('\n'),
    };
    const found = Object.entries(told).flatMap(([place, text]) =>
      [...secrets.byName].filter(([, secret]) => text.includes(secret)).map(([name]) => `${place} tells ${name}`),
    );
    expect(found).toEqual([]);
    // What was searched is what there is.
    const logs = Object.entries(told).filter(([place]) => place.endsWith('.log'));
    expect(logs.map(([place]) => place).toSorted()).toEqual(
      [...verified.system.services.keys()].map((name) => `${name}.log`).toSorted(),
    );
    for (const [, log] of logs) expect(log).toContain('"service":"');
    expect(told['metrics of ingest-gateway']).toContain('# EOF');
  }, 90_000);

  test('fails the same check where records on Kafka have no trace headers', async () => {
    const cut = new RecordedSpans(withoutKafkaHeaders(spans.all));
    const lines = failed(linesOf(await checkAll(cut, journeys, requests, 0)));
    const hops = journeys.flatMap(({ edges }) => edges).filter(([, child]) => child.startsWith('process '));
    expect(hops.length).toBeGreaterThan(4);
    for (const [parent, child] of hops) expect(lines).toContain(`  FAILED  edge    ${parent} -> ${child}`);
  });
});
