import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { dataQualityMeasuredV1, tenantStateV1 } from '@myelin/contracts';
import { createRecordPublisher, encodeEvent, topicPlans } from '@myelin/messaging';
import { type DatabaseFixture, type TokenIssuer, startTokenIssuer, useDatabase, useKafka } from '@myelin/testing';
import { type CheckName, type Finding, type Status, examine } from '../src/index.js';
import { doctorConfig } from '../src/doctor-config.js';
import { Servers } from './lying-servers.fixture.js';

const contracts = [dataQualityMeasuredV1, tenantStateV1];
const kafka = useKafka();
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

class Made1795000000000 {
  readonly name = 'Made1795000000000';
  up = (): Promise<void> => Promise.resolve();
  down = (): Promise<void> => Promise.resolve();
}

let database: DatabaseFixture;
let service: string;
let issuer: TokenIssuer;
let workspaceFolder: string;
let servers: Servers;
beforeAll(async () => {
  database = await useDatabase({ service: 'doctor', migrations: [Made1795000000000] });
  service = database.schema.replaceAll('_', '-');
  issuer = await startTokenIssuer();
  workspaceFolder = mkdtempSync(join(tmpdir(), 'doctor-'));
  knowsMigration('1795000000000-made.ts');
}, 60_000);
afterAll(async () => {
  rmSync(workspaceFolder, { recursive: true });
  await Promise.all([kafka.dispose(), database.dispose(), issuer.close()]);
}, 60_000);
beforeEach(() => {
  servers = new Servers();
});
afterEach(() => servers.close());

/** As if this version of the code had it. @returns what takes it away again */
function knowsMigration(file: string): () => void {
  const folder = join(workspaceFolder, 'apps', service, 'src', 'persistence', 'migrations');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, file), '');
  return () => rmSync(join(folder, file));
}

const healthy = (): Record<string, string> => ({
  KAFKA_BROKERS: kafka.settings.brokers.join(','),
  KAFKA_NAMESPACE: kafka.settings.namespace,
  DATABASE_URL: database.appUrl,
  OIDC_ISSUER: issuer.issuer,
});

async function findings(env: Record<string, string>, ...only: CheckName[]): Promise<Finding[]> {
  const some = only.length > 0 ? { only } : {};
  return examine({ config: doctorConfig(env), workspaceFolder, contracts, timeoutMs: 20_000, ...some });
}

const outside: CheckName[] = [
  'kafka',
  'kafka.topics',
  'kafka.groups',
  'database',
  'database.migrations',
  'issuer',
  'collector',
];

const of = (all: readonly Finding[], check: string, status: Status): Finding[] =>
  all.filter((one) => one.check === check && one.status === status);

describe('the doctor, of real servers', () => {
  test('names topics that are missing, that forget too early and that have other partitions, with the command that helps', async () => {
    const [missing, early, ...rest] = topicPlans(contracts);
    const other = rest.at(-1)!;
    await kafka.ensureTopics([
      { ...early!, config: { ...early!.config, 'retention.ms': '1000' } },
      ...rest.filter((plan) => plan !== other),
      { ...other, partitions: other.partitions + 1 },
    ]);
    const wrong = of(await findings(healthy(), 'kafka.topics'), 'kafka.topics', 'error');
    const name = (topic: string): string => `${kafka.settings.namespace}.${topic}`;
    expect(wrong.map(({ detail }) => detail)).toEqual([
      `1 topics are missing: ${missing!.name}`,
      `${early!.name}: retention.ms is 1000 instead of ${early!.config['retention.ms']}`,
      `${other.name} has ${other.partitions + 1} partitions, its contract says ${other.partitions}`,
    ]);
    expect(wrong[0]?.remedy).toContain(
      `--create --topic ${name(missing!.name)} --partitions ${missing!.partitions} --config`,
    );
    expect(wrong[1]?.remedy).toContain(`--entity-name ${name(early!.name)} --add-config retention.ms=`);
    await kafka.admin.deleteTopics([early!.name, other.name]);
  }, 60_000);

  test('finds nothing wrong where nothing is, and names a group whose records nobody reads', async () => {
    await kafka.ensureTopics(contracts);
    const well = await findings({
      ...healthy(),
      OTEL_EXPORTER_OTLP_ENDPOINT: await servers.answering(200, () => ({})),
    });
    expect(well.filter(({ check, status }) => status !== 'ok' && !/^(machine|disk)/.test(check))).toEqual([
      expect.objectContaining({
        check: 'kafka.topics',
        status: 'info',
        detail: expect.stringContaining('one replica'),
      }),
      expect.objectContaining({ check: 'kafka.groups', status: 'info' }),
    ]);
    const said = [
      'kafka',
      'kafka.cluster',
      'kafka.topics',
      'database',
      'database.clock',
      'database.migrations',
      'issuer',
    ];
    for (const check of [...said, 'issuer.clock', 'collector']) expect(of(well, check, 'ok')).not.toEqual([]);
    expect(of(well, 'kafka', 'ok')[0]?.detail).toMatch(/answers: Kafka 4/);

    const { topic, example: payload, exampleKey: key } = dataQualityMeasuredV1;
    const publisher = createRecordPublisher(kafka.settings, quiet);
    await publisher.connect();
    await publisher.send([encodeEvent({ contract: dataQualityMeasuredV1, key, payload }, '/test')]);
    await publisher.close();
    const group = 'alerting.evaluate-data-quality';
    const starts = new Map(Array.from({ length: topic.partitions }, (_, partition) => [partition, 0n]));
    await kafka.admin.setGroupOffsets(group, topic.name, starts);
    expect(of(await findings(healthy(), 'kafka.groups'), 'kafka.groups', 'error')).toEqual([
      expect.objectContaining({
        detail: `nobody is in ${group}, and 1 records wait for it`,
        remedy: expect.stringContaining('start alerting'),
      }),
    ]);
  }, 60_000);

  test('names a schema that is older than the code, with the command that brings it up to date', async () => {
    const forget = knowsMigration('1795000000001-more.ts');
    const [old] = of(await findings(healthy(), 'database.migrations'), 'database.migrations', 'error');
    forget();
    expect(old?.detail).toBe(
      `the schema of ${service} is older than this code: 1 migrations are missing (1795000000001-more)`,
    );
    expect(old?.remedy).toContain(`node apps/${service}/dist/migrate.js`);
  }, 60_000);

  test('names clocks of a database and of an issuer that do not agree with this one', async () => {
    const behindMs = 120_000;
    const address = new URL(database.appUrl);
    address.port = String(await servers.lyingDatabase(Number(address.port), behindMs));
    const date = new Date(Date.now() + behindMs).toUTCString();
    const liar = await servers.answering(200, (self) => ({ issuer: self, jwks_uri: `${self}/jwks`, keys: [{}] }), {
      date,
    });
    const found = await findings({ DATABASE_URL: address.href, OIDC_ISSUER: liar }, 'database', 'issuer');
    expect(of(found, 'database.clock', 'error')[0]?.detail).toMatch(/is (119\.\d|120\.\d) s behind this machine's$/);
    expect(of(found, 'issuer.clock', 'error')[0]?.detail).toMatch(/ s ahead of this machine's$/);
    expect(of(found, 'issuer', 'ok')).toHaveLength(1);
  }, 60_000);

  test('names a broker, a database, an issuer and a collector that are away, or that say no, and never a secret', async () => {
    const away = await findings(
      {
        ...{ KAFKA_BROKERS: '127.0.0.1:9', DATABASE_URL: 'postgres://someone:pAsSwOrD@127.0.0.1:9/db' },
        ...{ OIDC_ISSUER: 'http://127.0.0.1:65535', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:65535' },
      },
      ...outside,
    );
    for (const check of ['kafka', 'database', 'issuer', 'collector']) expect(of(away, check, 'error')).toHaveLength(1);
    const wrongPassword = new URL(database.appUrl);
    wrongPassword.password = 'pAsSwOrD';
    const no = await findings(
      {
        ...{
          DATABASE_URL: wrongPassword.href,
          OIDC_ISSUER: await servers.answering(200, () => ({ issuer: 'https://other' })),
        },
        OTEL_EXPORTER_OTLP_ENDPOINT: await servers.answering(503, () => ({})),
      },
      ...outside,
    );
    expect(of(no, 'database', 'error')[0]?.detail).toContain('password authentication failed');
    expect(of(no, 'issuer', 'error')[0]?.remedy).toBe('set OIDC_ISSUER=https://other');
    expect(of(no, 'collector', 'error')[0]?.detail).toContain('HTTP status 503');
    const told = JSON.stringify([away, no]);
    expect(told).not.toContain('pAsSwOrD');
    expect([...away, ...no].filter(({ status, remedy }) => status === 'error' && remedy === '')).toEqual([]);
  }, 60_000);

  test('gives up on what never answers in its time, all at once', async () => {
    const mute = await servers.silent();
    const config = doctorConfig({
      ...{ KAFKA_BROKERS: `127.0.0.1:${mute}`, DATABASE_URL: `postgres://u:p@127.0.0.1:${mute}/db` },
      ...{ OIDC_ISSUER: `http://127.0.0.1:${mute}`, OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${mute}` },
    });
    const beganMs = performance.now();
    const found = await examine({ config, workspaceFolder, contracts, timeoutMs: 1_500, only: outside });
    // One after the other they would take four times as long, and by their own time-outs longer still.
    expect(performance.now() - beganMs).toBeLessThan(6_000);
    for (const check of ['kafka', 'database', 'issuer', 'collector']) {
      expect(of(found, check, 'error')[0]?.detail).toBe('no answer within 1.5 s');
    }
  }, 30_000);
});
