import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { startKafka, startPostgres } from '../src/index.js';
import { pingKafka } from '../src/kafka/metadata-ping.js';
import { postgresAccepts } from '../src/postgres/startup-ping.js';
import { processIdentity } from '../src/processes/identity.js';

describe('one node of Kafka', () => {
  test('serves when started, stays the same through SIGKILL and restart, and leaves nothing behind when stopped', async () => {
    const kafka = await startKafka();
    const node = kafka.nodes[0]!;
    try {
      expect(await pingKafka(node.port)).toEqual({ brokerIds: [1], controllerId: 1 });
      const before = node.pid!;
      await node.kill();
      expect(node.pid).toBeUndefined();
      expect(await pingKafka(node.port)).toBeUndefined();
      await node.start();
      expect(node.pid).not.toBe(before);
      expect(await pingKafka(node.port)).toEqual({ brokerIds: [1], controllerId: 1 });
    } finally {
      await kafka.stop();
    }
    expect(node.pid).toBeUndefined();
    expect(existsSync(dirname(dirname(node.logFile)))).toBe(false);
  });
});

describe('PostgreSQL', () => {
  test('takes connections when started, stays the same through SIGKILL and restart, and leaves nothing behind', async () => {
    const postgres = await startPostgres();
    try {
      expect(postgres.url).toMatch(/^postgres:\/\/postgres:[\w-]{24}@127\.0\.0\.1:\d+\/postgres$/);
      expect(await postgresAccepts(postgres.port)).toBe(true);
      await postgres.kill();
      expect(await postgresAccepts(postgres.port)).toBe(false);
      await postgres.start();
      expect(await postgresAccepts(postgres.port)).toBe(true);
    } finally {
      const pid = postgres.pid!;
      await postgres.stop();
      expect(processIdentity(pid)).toBeUndefined();
    }
    expect(existsSync(dirname(postgres.logFile))).toBe(false);
  });
});
