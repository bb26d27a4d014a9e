import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { LocalStackError, type Stack, startKafka, startPostgres, startStack } from '../src/index.js';
import { pingKafka } from '../src/kafka/metadata-ping.js';
import { postgresAccepts } from '../src/postgres/startup-ping.js';
import { processIdentity } from '../src/processes/identity.js';

describe('a throw-away stack', () => {
  test('Kafka stays the same through SIGKILL and restart, and leaves nothing behind when stopped', async () => {
    const kafka = await startKafka();
    const node = kafka.nodes[0]!;
    try {
      expect(await pingKafka(node.port)).toEqual({ brokerIds: [1], controllerId: 1 });
      const before = node.pid!;
      await node.kill();
      expect(processIdentity(before)).toBeUndefined();
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

  test('PostgreSQL stays the same through SIGKILL, pause and restart, and leaves nothing behind when stopped', async () => {
    const postgres = await startPostgres();
    try {
      expect(postgres.url).toMatch(/^postgres:\/\/postgres:[\w-]{24}@127\.0\.0\.1:\d+\/postgres$/);
      for (const stop of [() => postgres.kill(), () => postgres.pause()]) {
        expect(await postgresAccepts(postgres.port)).toBe(true);
        await stop();
        expect(await postgresAccepts(postgres.port)).toBe(false);
        await postgres.start();
      }
      expect(await postgresAccepts(postgres.port)).toBe(true);
    } finally {
      const pid = postgres.pid!;
      await postgres.stop();
      expect(processIdentity(pid)).toBeUndefined();
    }
    expect(existsSync(dirname(postgres.logFile))).toBe(false);
  });

  test('a fixed port that is taken is named, and nothing is left behind', async () => {
    const postgres = await startPostgres();
    try {
      const again = startPostgres({ port: postgres.port });
      await expect(again).rejects.toMatchObject({ code: 'local-stack.port-taken', details: { port: postgres.port } });
    } finally {
      await postgres.stop();
    }
  });
});

describe('a kept stack', () => {
  let keepDir: string;
  beforeEach(() => {
    keepDir = mkdtempSync(join(tmpdir(), 'kept-stack-'));
    chmodSync(keepDir, 0o711); // as root, PostgreSQL runs as another user
  });
  afterEach(() => rmSync(keepDir, { recursive: true }));

  const clusterId = (): string | undefined =>
    /cluster\.id=(.+)/.exec(readFileSync(join(keepDir, 'kafka/node-1/data/meta.properties'), 'utf8'))?.[1];
  /** The first 8 bytes of pg_control are the database's own identity. */
  const systemIdentifier = (): string =>
    readFileSync(join(keepDir, 'postgres/data/global/pg_control')).subarray(0, 8).toString('hex');

  test('comes back with the same data, the same password and on other ports', async () => {
    const cleared = withoutServers();
    try {
      const first = await startStack({ keepDir, parts: ['kafka', 'postgres'] });
      const before = [clusterId(), systemIdentifier(), passwordOf(first)];
      await first.stop();
      expect(readdirSync(keepDir).toSorted()).toEqual(['kafka', 'postgres']);
      const three = startStack({ keepDir, kafkaNodes: 3, parts: ['kafka'] });
      await expect(three).rejects.toThrow(/was made with 1 nodes and cannot be used with 3/);
      const second = await startStack({ keepDir, parts: ['kafka', 'postgres'] });
      try {
        expect([clusterId(), systemIdentifier(), passwordOf(second)]).toEqual(before);
      } finally {
        await second.stop();
      }
    } finally {
      cleared.restore();
    }
  });
});

describe('what configuration names', () => {
  test('is passed on and not started', async () => {
    const cleared = withoutServers();
    Object.assign(process.env, {
      KAFKA_BROKERS: 'kafka-1:9092,kafka-2:9092',
      DATABASE_URL: 'postgres://someone@elsewhere/db',
      OIDC_ISSUER: 'https://login.example',
    });
    try {
      const stack = await startStack();
      expect([stack.kafka, stack.postgres, stack.issuer]).toEqual([undefined, undefined, undefined]);
      expect(stack.env).toEqual({
        KAFKA_BROKERS: 'kafka-1:9092,kafka-2:9092',
        DATABASE_URL: 'postgres://someone@elsewhere/db',
        OIDC_ISSUER: 'https://login.example',
      });
      await stack.stop();
    } finally {
      cleared.restore();
    }
  });

  test('without a Java, a stack says what to install and which variable replaces it', async () => {
    const cleared = withoutServers();
    const path = process.env['PATH'];
    process.env['PATH'] = '/nowhere';
    try {
      const failure = await startStack({ parts: ['kafka'] }).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(LocalStackError);
      expect(failure).toMatchObject({
        code: 'local-stack.java-missing',
        message: expect.stringMatching(/openjdk-17-jre-headless.*KAFKA_BROKERS=127\.0\.0\.1:9092/),
      });
    } finally {
      process.env['PATH'] = path;
      cleared.restore();
    }
  });
});

const passwordOf = (stack: Stack): string => new URL(stack.env['DATABASE_URL'] ?? '').password;

/** The suites themselves run with these set. */
function withoutServers(): { restore: () => void } {
  const names = ['KAFKA_BROKERS', 'DATABASE_URL', 'OIDC_ISSUER', 'JAVA_HOME'];
  const before = names.map((name) => [name, process.env[name]] as const);
  const restore = (): void => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
  for (const name of names) delete process.env[name];
  return { restore };
}
