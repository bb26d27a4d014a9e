import { describe, expect, test } from '@jest/globals';
import { deviceStateV1 } from '@myelin/contracts';
import { createRecordPublisher, encodeEvent } from '@myelin/messaging';
import { silentLogger } from '@myelin/observability';
import { aDeviceState, eventProbe, useKafka } from '../src/index.js';

describe('eventProbe', () => {
  test('returns the matching event, each only once, and fails with what it saw', async () => {
    await using kafka = useKafka();
    await kafka.ensureTopics([deviceStateV1], { partitions: 2 });
    const publisher = createRecordPublisher(kafka.settings, silentLogger);
    await publisher.connect();
    await using probe = await eventProbe(kafka.settings, deviceStateV1);
    const events = [
      { contract: deviceStateV1, key: 'acme/one', payload: aDeviceState({ device: 'one' }), version: 1 },
      { contract: deviceStateV1, key: 'acme/two', payload: aDeviceState({ device: 'two' }), version: 1 },
      { contract: deviceStateV1, key: 'acme/two', payload: null, version: 2 },
    ];
    await publisher.send(events.map((event) => encodeEvent(event, '/testing')));

    const tombstone = await probe.next(({ payload }) => payload === null);
    expect(tombstone).toMatchObject({ key: 'acme/two', headers: { 'myelin-version': '2' } });
    const two = await probe.next(({ key }) => key === 'acme/two');
    expect(two.payload).toMatchObject({ device: 'two' });
    await expect(probe.next(({ key }) => key === 'acme/two', 50)).rejects.toMatchObject({
      code: 'testing.timeout',
      message: expect.stringMatching(
        /in vain for a matching io\.myelin\.registry\.device-state\.v1; 3 seen.*acme\/one/s,
      ),
    });
    expect(probe.all()).toHaveLength(3);

    const poison = { ...encodeEvent(events[0]!, '/testing'), value: Buffer.from('{"tenant":') };
    await publisher.send([poison]);
    const broken = await probe.next(({ fault }) => fault !== undefined);
    expect(broken).toMatchObject({ key: 'acme/one', payload: null, fault: expect.stringContaining('PoisonRecord') });
    await publisher.close();
  });
});
