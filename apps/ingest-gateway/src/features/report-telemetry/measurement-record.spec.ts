import { describe, expect, test } from '@jest/globals';
import type { AuthenticatedDevice } from '@myelin/device-identity';
import { deviceId, deviceKey, tenantId } from '@myelin/kernel';
import { ROOT_CONTEXT, trace, TraceFlags } from '@opentelemetry/api';
import { MeasurementRecords } from './measurement-record.js';

const [tenant, device] = [tenantId('acme'), deviceId('sensor-17')];
const authenticated: AuthenticatedDevice = {
  ...{ tenant, device, key: deviceKey(tenant, device), index: 17 },
  profile: {
    profile: 'thermometer',
    storageClass: 'short',
    retentionMs: 1,
    unknownMetrics: 'keep',
    metrics: new Map(),
  },
  limits: { messagesPerSecond: 1, messagesPerSecondPerDevice: 1 },
};
const body = Buffer.from('{"values":{"a":1}}');
const report = { body, receivedAtMs: 1_795_420_800_123, outOfRange: '', trace: undefined };

describe('the record of a report', () => {
  test('has the body itself as value, the device as key and the receive time as timestamp', () => {
    const record = new MeasurementRecords('/gateways/g').create(authenticated, report);
    expect(record.value).toBe(body);
    expect([record.key, record.timestampMs]).toEqual(['acme/sensor-17', 1_795_420_800_123]);
    expect(String(record.headers['ce_time'])).toBe('2026-11-23T08:00:00.123Z');
    expect(record.headers).not.toHaveProperty('traceparent');
  });

  test('has an id of its own, also after a restart in the same millisecond', () => {
    const ids = new Set<string>();
    for (let start = 0; start < 5; start++) {
      const records = new MeasurementRecords('/gateways/g');
      for (let nth = 0; nth < 1_000; nth++) ids.add(String(records.create(authenticated, report).headers['ce_id']));
    }
    expect(ids.size).toBe(5_000);
  });

  test('continues the trace of a sampled request', () => {
    const [traceId, spanId] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];
    const context = trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.SAMPLED });
    const record = new MeasurementRecords('/gateways/g').create(authenticated, { ...report, trace: context });
    expect(record.headers['traceparent']).toBe(`00-${traceId}-${spanId}-01`);
  });

  test('encodes what does not differ from record to record once', () => {
    const records = new MeasurementRecords('/gateways/g');
    const [one, other] = [records.create(authenticated, report), records.create(authenticated, report)];
    for (const name of ['ce_type', 'ce_source', 'content-type', 'myelin-profile', 'myelin-retention-class']) {
      expect(one.headers[name]).toBeInstanceOf(Buffer);
      expect(one.headers[name]).toBe(other.headers[name]);
    }
  });
});
