import { describe, expect, test } from '@jest/globals';
import { deviceStateV1, measurementReportedV1 } from '@myelin/contracts';
import { encodeEvent } from './encode-event.js';

describe('an event', () => {
  test('becomes a CloudEvent in binary mode whose value is the payload alone', () => {
    const { example, exampleKey } = deviceStateV1;
    const timeMs = Date.UTC(2026, 10, 23);
    const event = { contract: deviceStateV1, key: exampleKey, payload: example, version: 3, id: 'e1', timeMs };
    const record = encodeEvent(event, '/device-registry');
    expect(record).toMatchObject({ topic: deviceStateV1.topic.name, key: exampleKey, timestampMs: timeMs });
    expect(JSON.parse(String(record.value))).toEqual(example);
    expect(record.headers).toEqual({
      ce_specversion: '1.0',
      ce_id: 'e1',
      ce_type: 'io.myelin.registry.device-state.v1',
      ce_source: '/device-registry',
      ce_time: '2026-11-23T00:00:00.000Z',
      'content-type': 'application/json',
      'myelin-version': '3',
    });
  });

  test('without a payload is a tombstone that still carries its version', () => {
    const record = encodeEvent({ contract: deviceStateV1, key: 'acme/a', payload: null, version: 4 }, '/test');
    expect(record.value).toBeNull();
    expect(record.headers).toMatchObject({ 'myelin-version': '4' });
    expect(record.headers).not.toHaveProperty('content-type');
  });

  test.each([
    ['breaks its schema', { contract: measurementReportedV1, key: 'a/b', payload: { values: {} } }],
    ['has no key', { contract: measurementReportedV1, key: '', payload: measurementReportedV1.example }],
    ['is a tombstone on a topic that keeps all', { contract: measurementReportedV1, key: 'a/b', payload: null }],
    ['is state without a version', { contract: deviceStateV1, key: 'a/b', payload: deviceStateV1.example }],
  ])('is refused when it %s', (_rule, event) => {
    expect(() => encodeEvent(event as never, '/test')).toThrow(
      expect.objectContaining({ code: 'messaging.event-invalid' }),
    );
  });
});
