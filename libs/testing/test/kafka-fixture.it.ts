import { describe, expect, test } from '@jest/globals';
import { deviceLifecycleChangedV1, deviceStateV1 } from '@myelin/contracts';
import { createKafkaAdmin } from '@myelin/messaging';
import { useKafka } from '../src/index.js';

describe('useKafka', () => {
  test('creates topics in a namespace of its own and deletes all of it', async () => {
    const kafka = useKafka();
    await kafka.ensureTopics([deviceStateV1, deviceLifecycleChangedV1], { partitions: 2 });
    expect(await kafka.admin.listTopics()).toEqual(expect.arrayContaining([deviceStateV1.topic.name]));
    await using stranger = useKafka();
    expect(await stranger.admin.listTopics()).toEqual([]);
    await kafka.dispose();
    const later = createKafkaAdmin(kafka.settings);
    try {
      expect(await later.listTopics()).toEqual([]);
    } finally {
      await later.close();
    }
  });
});
