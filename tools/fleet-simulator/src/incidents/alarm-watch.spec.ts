import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deviceName } from '../device-name.js';
import { defaultFaults } from '../fault-plan.js';
import { OperatorClient } from '../operator-client.js';
import { AlarmWatch, type WatchSettings } from './alarm-watch.js';
import { type ExpectedAlarm, expectedAlarms } from './expected-alarms.js';
import { planIncidents } from './incident-plan.js';
import { paceOf } from './pace.js';

interface Shown {
  readonly rule: string;
  readonly device: string;
  readonly startedAt: string;
  readonly raiseNoticedAt: string;
  readonly clearReason?: string;
  readonly flapping: boolean;
}

/** As much of the alerting service and of the registry as a watch asks for. */
class Services {
  readonly rules = new Map<string, { version: number; body: string }>();
  readonly sites: string[] = [];
  alarms: Shown[] = [];
  /** Requests for alarms so far. */
  asked = 0;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => this.#answer(request, Buffer.concat(chunks).toString(), response));
    }).listen(0, '127.0.0.1');
  }

  async url(): Promise<string> {
    if (!this.#server.listening) await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #answer({ method, url = '', headers }: IncomingMessage, body: string, response: ServerResponse): void {
    const [path = '', query] = url.split('?');
    const name = path.split('/').at(-1) as string;
    if (path.startsWith('/v1/sites/')) {
      this.sites.push(name);
      return void response.writeHead(headers['if-none-match'] === '*' ? 201 : 500).end();
    }
    if (path.startsWith('/v1/rules/')) return this.#rule(method, name, headers['if-match'], body, response);
    this.asked += 1;
    const { rule, cursor = '0' } = Object.fromEntries(new URLSearchParams(query)) as Record<string, string>;
    const from = Number(cursor);
    // Pages of two, however many were asked for.
    const all = this.alarms.filter((alarm) => alarm.rule === rule);
    const latestFirst = all.sort((a, b) => b.raiseNoticedAt.localeCompare(a.raiseNoticedAt));
    const next = from + 2 < all.length ? { nextCursor: String(from + 2) } : {};
    response.end(JSON.stringify({ items: latestFirst.slice(from, from + 2), ...next }));
  }

  #rule(method: string | undefined, id: string, ifMatch: string | undefined, body: string, to: ServerResponse): void {
    const { version = 0 } = this.rules.get(id) ?? {};
    const etag = `"${version}"`;
    if (method === 'GET') return void to.setHeader('etag', etag).end('{}');
    if (version > 0 && ifMatch !== etag) return void to.writeHead(ifMatch === undefined ? 428 : 412).end();
    this.rules.set(id, { version: version + 1, body });
    to.writeHead(version === 0 ? 201 : 200).end('{}');
  }
}

const reports = { intervalMs: 1_000, reportSize: 1, faults: defaultFaults };
const series = [{ metric: 'temperature', values: Float64Array.of(1, 2, 3) }];
let services: Services;
let watch: AlarmWatch;
let settings: WatchSettings;

beforeEach(async () => {
  services = new Services();
  settings = {
    ...{ ...reports, prefix: 'sim-1', devices: 200, forMs: 60_000, seed: 4, series },
    ...{ alertingUrl: await services.url(), token: () => Promise.resolve('token') },
  };
  watch = new AlarmWatch(settings);
});

afterEach(async () => {
  await watch.close();
  services.stop();
});

const expected = (): ExpectedAlarm[] => {
  const pace = paceOf(reports);
  return expectedAlarms(planIncidents({ pace, devices: 200, forMs: 60_000, seed: 4 }), pace);
};

/** Of the run that is over since five seconds. */
const startedAtMs = Date.now() - 65_000;
const clockErrorOf = (nth: number): number => nth * 1_000;
const shownOf = ({ rule, device, fromMs, dueMs, occurrences, flaps }: ExpectedAlarm): Shown[] =>
  Array.from({ length: occurrences }, (_, nth) => {
    const errorMs = rule === 'demo-silent' ? 0 : clockErrorOf(device);
    return {
      ...{ rule, device: deviceName('sim-1', device), clearReason: 'condition', flapping: flaps },
      startedAt: new Date(startedAtMs + fromMs + nth + errorMs).toISOString(),
      raiseNoticedAt: new Date(startedAtMs + dueMs + nth).toISOString(),
    };
  });

function afterTheRun(alarms: readonly Shown[]): void {
  services.alarms = [...alarms];
  watch.start(startedAtMs);
  watch.stop(startedAtMs + 60_000);
}

describe('a watch over alarms', () => {
  test('places the devices, and puts rules about them; those of a former run are replaced', async () => {
    services.rules.set('demo-silent', { version: 7, body: 'former' });
    const registry = new OperatorClient(await services.url(), settings.token);
    await watch.prepare(registry);
    await registry.close();
    expect(services.sites).toEqual(expect.arrayContaining([watch.siteOf(0), watch.siteOf(19)]));
    expect(watch.siteOf(200)).toBeUndefined();
    expect([...services.rules.keys()].sort()).toEqual([
      ...['demo-battery-low', 'demo-drift-temperature', 'demo-energy', 'demo-offline', 'demo-silent'],
      'demo-unusual-temperature',
    ]);
    const { version, body } = services.rules.get('demo-silent') ?? {};
    expect(version).toBe(8);
    expect(JSON.parse(body ?? '')).toMatchObject({ scope: { labels: { fleet: ['sim-1'] } } });
  });

  test('finds all that was expected, on however many pages, by the clocks of those who say it', async () => {
    const alarms = expected().flatMap(shownOf);
    afterTheRun(alarms);
    expect(await watch.figures(clockErrorOf, 10_000)).toEqual({
      ...{ alarmsRaised: alarms.length, alarmsCleared: alarms.length, alarmsExpected: alarms.length },
      ...{ alarmsMissed: 0, alarmsFalse: 0, anomalyPrecision: null, anomalyRecall: 0, alarmFindings: [] },
    });
  });

  test('counts nothing of another fleet, of the device beside the fleet, and of a former run', async () => {
    const alarms = expected().flatMap(shownOf);
    const [one] = alarms as [Shown];
    const former = new Date(startedAtMs - 1).toISOString();
    afterTheRun([
      ...alarms,
      { ...one, device: deviceName('sim-2', 5) },
      { ...one, device: deviceName('sim-1', 200) },
      { ...one, device: deviceName('sim-1', 5), raiseNoticedAt: former },
    ]);
    expect(await watch.figures(clockErrorOf, 10_000)).toMatchObject({ alarmsRaised: alarms.length, alarmsFalse: 0 });
  });

  test('says which alarm was false, and of which device', async () => {
    const alarms = expected().flatMap(shownOf);
    const wrong = { ...(alarms[0] as Shown), rule: 'demo-battery-low', device: deviceName('sim-1', 199) };
    afterTheRun([...alarms, { ...wrong, startedAt: new Date(startedAtMs + 20_000 + clockErrorOf(199)).toISOString() }]);
    const { alarmsFalse, alarmFindings } = await watch.figures(clockErrorOf, 10_000);
    expect(alarmsFalse).toBe(1);
    expect(alarmFindings).toEqual([
      { problem: 'false', rule: 'demo-battery-low', device: 'sim-1-000200', atMs: 20_000 },
    ]);
  });

  test('waits for alarms that are still to come, and gives up on those that do not', async () => {
    const alarms = expected().flatMap(shownOf);
    afterTheRun(alarms.slice(1));
    const waiting = watch.figures(clockErrorOf, 30_000);
    while (services.asked < 8) await new Promise((resolve) => setImmediate(resolve));
    services.alarms = [...alarms];
    expect(await waiting).toMatchObject({ alarmsMissed: 0 });
    services.alarms = alarms.slice(1);
    expect(await watch.figures(clockErrorOf, 0)).toMatchObject({ alarmsMissed: 1, alarmFindings: [{}] });
  });
});
