import { createHash } from 'node:crypto';
import {
  deviceCredentialsV1,
  deviceStateV1,
  type EventContract,
  profileStateV1,
  tenantStateV1,
} from '@myelin/contracts';
import { uuidv7 } from '@myelin/kernel';
import { createRecordPublisher, encodeEvent, type EncodedRecord } from '@myelin/messaging';
import { silentLogger } from '@myelin/observability';
import type { DdiAccount } from '@myelin/fleet-simulator';
import { events } from '@myelin/contracts';
import {
  ApiClient,
  aDeviceState,
  aProfile,
  aTenant,
  type DatabaseFixture,
  freePort,
  type KafkaFixture,
  type SpawnedService,
  spawnService,
  startTokenIssuer,
  type TokenIssuer,
  useDatabase,
  useKafka,
  waitFor,
} from '@myelin/testing';

const dist = 'apps/firmware-rollout/dist';

export interface RolloutPlan {
  /** Devices of each. */
  readonly waves: readonly (readonly string[])[];
  readonly timeoutMs: number;
  readonly mode?: 'forced' | 'soft' | 'download-only';
  /** In minutes since Sunday 00:00, UTC; without them at any time. */
  readonly windows?: readonly { readonly fromMinute: number; readonly toMinute: number }[];
}

/** The firmware service as a process, alone on a real broker and a real database: what the registry says is written here. */
export class FirmwareService {
  private constructor(
    readonly url: string,
    readonly database: DatabaseFixture,
    private readonly kafka: KafkaFixture,
    private readonly issuer: TokenIssuer,
    private readonly start: () => Promise<SpawnedService>,
    private process: SpawnedService,
  ) {}

  static async of(environment: Readonly<Record<string, string>> = {}): Promise<FirmwareService> {
    const kafka = useKafka();
    await kafka.ensureTopics(events, { partitions: 2 });
    const database = await useDatabase({ service: 'firmware-rollout' });
    const issuer = await startTokenIssuer();
    const env = {
      ...{ DATABASE_URL: database.appUrl, DATABASE_OWNER_URL: database.ownerUrl, DATABASE_SCHEMA: database.schema },
      ...{ KAFKA_BROKERS: kafka.settings.brokers.join(','), KAFKA_NAMESPACE: kafka.settings.namespace },
      ...{ OIDC_ISSUER: issuer.issuer, HTTP_PORT: String(await freePort()), KAFKAJS_NO_PARTITIONER_WARNING: '1' },
      ...environment,
    };
    await using migration = await spawnService(`${dist}/migrate.js`, env);
    const { code } = await migration.exit(90_000);
    if (code !== 0) throw new Error(`the migration ended with ${code}: ${migration.logs()}`);
    const url = `http://127.0.0.1:${env.HTTP_PORT}`;
    const start = (): Promise<SpawnedService> =>
      spawnService(`${dist}/main.js`, env, { readyUrl: `${url}/health/ready`, readyTimeoutMs: 60_000 });
    return new FirmwareService(url, database, kafka, issuer, start, await start());
  }

  /** Gone without a word, and started again. */
  async killAndRestart(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.process.exit();
    await this.process.stop();
    this.process = await this.start();
  }

  async dispose(): Promise<void> {
    await this.process.stop();
    await this.issuer.close();
    await this.database.dispose();
    await this.kafka.dispose();
  }

  async as(tenant: string, role: string): Promise<ApiClient> {
    return new ApiClient(this.url, await this.issuer.token({ tenant, roles: [role] }));
  }

  /** Active devices of a new tenant that the service has heard of. */
  async register(tenant: string, devices: readonly string[]): Promise<DdiAccount[]> {
    const records = [
      record(tenantStateV1, tenant, { ...aTenant({ tenant }), version: 1 }),
      record(profileStateV1, `${tenant}/thermometer`, { ...aProfile({ tenant }), version: 1 }),
    ];
    const accounts = devices.map((device, index): DdiAccount => {
      const [id, secret, key] = [uuidv7(), `secret-of-${device}`, `${tenant}/${device}`];
      const secretSha256 = createHash('sha256').update(secret).digest('base64url');
      const credential = { id, kind: 'secret' as const, secretSha256, notBefore: '2026-01-01T00:00:00.000Z' };
      const state = aDeviceState({ tenant, device, index, metadata: {}, version: 1 });
      records.push(record(deviceStateV1, key, state));
      records.push(record(deviceCredentialsV1, key, { tenant, device, credentials: [credential], version: 1 }));
      return { tenant, device, authorization: `TargetToken ${id}.${secret}` };
    });
    const publisher = createRecordPublisher(this.kafka.settings, silentLogger);
    await publisher.send(records);
    await publisher.close();
    const isKnown = async (): Promise<boolean> => {
      const [row] = await this.query<{ count: number }>('SELECT count(*)::integer FROM device WHERE tenant = $1', [
        tenant,
      ]);
      return row?.count === devices.length;
    };
    await waitFor(isKnown, { timeoutMs: 60_000, what: 'the devices to be known' });
    return accounts;
  }

  /** A published release of one artifact that nobody has signed, where that is accepted. @returns its slug */
  async release(tenant: string, version: string, firmware: Buffer): Promise<string> {
    const manager = await this.as(tenant, 'release-manager');
    const policy = { unsigned: 'accepted', threshold: 1 };
    await (await this.as(tenant, 'admin')).put('/v1/firmware-policies/thermometer', policy);
    const tus = { 'tus-resumable': '1.0.0' };
    const upload = await manager.send('POST', '/v1/artifact-uploads', undefined, {
      ...{ ...tus, 'upload-length': String(firmware.length) },
      'upload-metadata': `filename ${Buffer.from('fw.swu').toString('base64')}`,
    });
    await fetch(`${this.url}${upload.headers.get('location')}`, {
      method: 'PATCH',
      headers: {
        ...{ ...tus, authorization: `Bearer ${manager.token}`, 'upload-offset': '0' },
        'content-type': 'application/offset+octet-stream',
      },
      body: new Uint8Array(firmware),
    });
    const release = `thermometer-${version.replaceAll('.', '-')}`;
    const sha256 = createHash('sha256').update(firmware).digest('hex');
    const draft = await manager.put(`/v1/releases/${release}`, {
      ...{ version, profile: 'thermometer', hardware: ['board:1.0'], artifacts: [{ filename: 'fw.swu', sha256 }] },
    });
    const ifMatch = { 'if-match': draft.etag };
    const published = await manager.post(`/v1/releases/${release}/publish`, undefined, ifMatch);
    if (published.status !== 200) throw new Error(`not published: ${draft.text} ${published.text}`);
    return release;
  }

  /** Starts a rollout with these waves, as the service itself would have planned it. @returns its id */
  async rollout(
    tenant: string,
    { release, version }: { readonly release: string; readonly version: string },
    { waves, timeoutMs, mode = 'forced', windows }: RolloutPlan,
  ): Promise<string> {
    const id = uuidv7();
    const settings = { advance: [], pause: [], speed: { kind: 'constant', perMinute: 60_000 }, timeoutMs };
    const definition = {
      ...{ release, target: {}, isDynamic: false, mode: { kind: mode } },
      waves: waves.map(({ length: count }) => ({ kind: 'count', count })),
      settings: { ...settings, ...(windows && { windows: { timeZone: 'UTC', weekly: windows } }) },
    };
    const planned = waves.flatMap((devices, wave) => devices.map((device) => ({ device, wave })));
    await this.query(
      `WITH planned AS (SELECT * FROM unnest($6::text[], $7::integer[]) WITH ORDINALITY AS p (device, wave, nth)),
       waves AS (INSERT INTO rollout_wave (rollout_id, wave, devices, state)
         SELECT $1, wave, count(*), 'pending' FROM planned GROUP BY wave),
       counts AS (INSERT INTO assignment_count (rollout_id, wave, state, reason, devices)
         SELECT $1, wave, 'planned', '', count(*) FROM planned GROUP BY wave),
       assignments AS (INSERT INTO assignment (rollout_id, tenant, download_only, changed_at, attempt, version, state, device,
           wave, "position")
         SELECT $1, $2, $8, now(), 1, 1, 'planned', device, wave, nth - 1 FROM planned)
       INSERT INTO rollout (tenant, rollout, id, version, state, definition, demands, weight, created_at, created_by,
         started_at, started_by, waits_for)
       VALUES ($2, $3, $1, 2, 'running', $4, $5, 1000, now(), 'operator:ada', now(), 'operator:ada', '[]')`,
      [
        ...[id, tenant, `rollout-${version}`, JSON.stringify(definition)],
        JSON.stringify({ profile: 'thermometer', version, hardwareIds: [] }),
        planned.map(({ device }) => device),
        planned.map(({ wave }) => wave),
        mode === 'download-only',
      ],
    );
    return id;
  }

  query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return this.database.dataSource.query<Row[]>(sql, [...parameters]);
  }
}

function record<Payload extends { readonly version: number }>(
  contract: EventContract<Payload>,
  key: string,
  payload: Payload,
): EncodedRecord {
  return encodeEvent({ contract, key, payload, version: payload.version }, '/registry/test');
}
