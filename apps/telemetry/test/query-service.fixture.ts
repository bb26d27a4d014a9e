import 'reflect-metadata';
import { systemClock } from '@myelin/kernel';
import { type RunningService, startService } from '@myelin/service-kit';
import { type DatabaseFixture, type TokenIssuer, startTokenIssuer, useDatabase, keptLogger } from '@myelin/testing';
import { createDataSource } from '@myelin/persistence';
import { type QueryLimits, appModule } from '../src/app.module.js';
import { StoreMeasurementsHandler } from '../src/features/store-measurements/store-measurements.handler.js';
import { queryProblems } from '../src/http/query-problems.js';
import { openApiSettings, serviceName, version } from '../src/identity.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations/index.js';
import { type ReportToStore, batchOf, fixtureTopic, reportRecord } from './records.fixture.js';

export interface Answer<Body> {
  readonly status: number;
  readonly body: Body;
  readonly contentType: string;
}

export interface QueryService extends AsyncDisposable {
  readonly database: DatabaseFixture;
  readonly issuer: TokenIssuer;
  readonly service: RunningService;
  /** Of the queries; its own pool when limits are given. */
  readonly reader: DatabaseFixture['dataSource'];
  /** Stores reports through the writer, in one batch. */
  store(reports: readonly Omit<ReportToStore, 'offset'>[]): Promise<void>;
  get<Body = never>(
    path: string,
    options?: { tenant?: string; accept?: string; token?: string },
  ): Promise<Answer<Body>>;
  lines<Item>(path: string, options?: { tenant?: string }): Promise<Item[]>;
  /** The text of an answer as text/csv. */
  csv(path: string, options?: { tenant?: string }): Promise<{ status: number; text: string; contentType: string }>;
  dispose(): Promise<void>;
}

/** The whole HTTP side on a real database; what is stored comes from the test instead of a broker. */
export async function serveQueries({ queryLimits }: { queryLimits?: QueryLimits } = {}): Promise<QueryService> {
  const issuer = await startTokenIssuer();
  const database = await useDatabase({ service: serviceName, migrations, entities });
  const { dataSource } = database;
  const reader = queryLimits === undefined ? dataSource : await readerOf(database, queryLimits);
  const service = await startService({
    name: serviceName,
    version,
    module: appModule({ writer: dataSource, reader, ...(queryLimits && { queryLimits }) }),
    problems: queryProblems,
    http: { host: '127.0.0.1', port: 0 },
    logger: keptLogger,
    operatorAuth: { issuer: issuer.issuer, audience: issuer.audience },
    health: () => [],
    drainMs: 5_000,
    handleSignals: false,
    openApi: openApiSettings,
  });
  const writer = new StoreMeasurementsHandler(dataSource, systemClock);
  await writer.load(fixtureTopic, [0]);
  let offset = 0;
  const fetched = async (path: string, { tenant = 'acme', accept = 'application/json', token = '' }) => {
    const bearer = token === '' ? await issuer.token({ tenant, roles: ['viewer'] }) : token;
    return fetch(service.url + path, { headers: { authorization: `Bearer ${bearer}`, accept } });
  };
  const dispose = async (): Promise<void> => {
    await service.close();
    if (reader !== dataSource) await reader.destroy();
    await database.dispose();
    await issuer.close();
  };
  return {
    ...{ database, reader, issuer, service, dispose, [Symbol.asyncDispose]: dispose },
    store: async (reports) => {
      await writer.store(batchOf(reports.map((report) => reportRecord({ ...report, offset: offset++ }))));
    },
    get: async <Body>(path: string, options = {}) => {
      const response = await fetched(path, options);
      const body = (await response.json()) as Body;
      return { status: response.status, body, contentType: response.headers.get('content-type') ?? '' };
    },
    csv: async (path, options = {}) => {
      const response = await fetched(path, { ...options, accept: 'text/csv' });
      const text = await response.text();
      return { status: response.status, text, contentType: response.headers.get('content-type') ?? '' };
    },
    lines: async <Item>(path: string, options = {}) => {
      const response = await fetched(path, { ...options, accept: 'application/x-ndjson' });
      const text = await response.text();
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Item);
    },
  };
}

/** The pool that the limits are about, as small as they say. */
function readerOf(
  { appUrl: url, schema }: DatabaseFixture,
  { connections }: QueryLimits,
): Promise<DatabaseFixture['dataSource']> {
  const times = { statementTimeoutMs: 60_000, lockTimeoutMs: 60_000 };
  return createDataSource({
    ...{ url, schema, entities, applicationName: 'test:reader', poolSize: connections, ...times },
  }).initialize();
}
