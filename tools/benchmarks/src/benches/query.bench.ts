import type { Client } from 'pg';
import type { Bench, Lab } from '../harness/bench.js';
import { BenchmarksError } from '../harness/benchmarks.errors.js';
import type { Contestant } from '../harness/rounds.js';
import { pidOf } from '../harness/servers.js';
import { median, pairedRatio, quantile } from '../harness/statistics.js';
import type { Figure } from '../harness/report.js';
import { seedHistory } from '../seeded-history.js';
import { type TelemetryStand, openTelemetryStand } from '../telemetry-stand.js';

const dayMs = 86_400_000;
/** As many as one request may name. */
const devicesPerRequest = 50;
const metric = 'temperature';

interface Question {
  readonly name: string;
  readonly days: number;
  /** Undefined: the measurements themselves. */
  readonly bucket?: '1h' | '1d' | '1mo';
  readonly devicesAtOnce: number;
}

const questions: readonly Question[] = [
  { name: 'range-day', days: 1, devicesAtOnce: 1 },
  { name: 'aggregate-day', days: 1, bucket: '1h', devicesAtOnce: devicesPerRequest },
  { name: 'aggregate-month', days: 30, bucket: '1d', devicesAtOnce: devicesPerRequest },
  { name: 'aggregate-year', days: 365, bucket: '1mo', devicesAtOnce: devicesPerRequest },
];

/** Queries through the API beside the same SQL by hand; no goals. */
export const queryBench: Bench = {
  name: 'query',
  summary: 'a range, and aggregates over a day, a month and a year of 1,000 devices, beside SQL by hand',
  rounds: 5,
  options: {
    devices: { type: 'string', default: '1000' },
    /** Of each question, per round; the year is asked a quarter as often. */
    requests: { type: 'string', default: '20' },
  },
  async run(lab) {
    const stand = await openTelemetryStand(lab);
    const devices = Number(lab.options['devices']);
    const { rows, endMs } = await seedHistory(stand.databaseUrl, devices);
    lab.say(`${rows} measurements of ${devices} devices`);
    // The year is read from raw rows where rollups are not made yet, which may take longer than operators are let wait.
    const service = await stand.start({ QUERY_TIMEOUT: '5m' });
    const token = await tokenOf(stand);
    const ask = async (path: string): Promise<void> => {
      const response = await fetch(`${service.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
      const body = await response.text();
      if (response.status === 200 && body.length > 100) return;
      throw BenchmarksError.permanent('benchmarks.run-failed', `${path}: ${response.status} ${body.slice(0, 500)}`);
    };
    const asked = questions.map((question) => {
      const api = timed(lab, `${question.name}-api`, question, devices, (from) => ask(pathOf(question, from, endMs)));
      const sql = timed(lab, `${question.name}-sql`, question, devices, (from) =>
        askByHand(stand.database, question, from, endMs),
      );
      api.contestant.processes = () => ({
        telemetry: pidOf('telemetry', service.pid),
        postgres: stand.stack.postgres?.pid,
      });
      sql.contestant.processes = () => ({ postgres: stand.stack.postgres?.pid });
      return { question, api, sql };
    });
    await lab.interleave(asked.flatMap(({ api, sql }) => [api.contestant, sql.contestant]));
    return asked.flatMap(({ question: { name }, api, sql }) => figuresOf(name, api.roundsMs(lab), sql.roundsMs(lab)));
  },
};

function figuresOf(name: string, api: readonly (readonly number[])[], sql: readonly (readonly number[])[]): Figure[] {
  return [
    { id: `query.${name}.p50`, value: median(api.flat()), unit: 'ms' },
    { id: `query.${name}.p99`, value: quantile(api.flat(), 0.99), unit: 'ms' },
    { id: `query.${name}.sql-p50`, value: median(sql.flat()), unit: 'ms' },
    { id: `query.${name}.ratio`, value: pairedRatio(sql.map(median), api.map(median)), unit: 'ratio' },
  ];
}

interface Timed {
  readonly contestant: Omit<Contestant, 'processes'> & { processes: Contestant['processes'] };
  /** Latencies of the measured rounds. */
  roundsMs(lab: Lab): readonly (readonly number[])[];
}

/** One question after the other, each about the next devices. */
function timed(
  lab: Lab,
  name: string,
  { days, devicesAtOnce }: Question,
  devices: number,
  ask: (firstDevice: number) => Promise<void>,
): Timed {
  const all: number[][] = [];
  const requests = Math.ceil(Number(lab.options['requests']) / (days > 31 ? 4 : 1));
  let first = 0;
  return {
    contestant: {
      name,
      anchor: name.endsWith('-sql'),
      processes: () => ({}),
      run: async () => {
        const round: number[] = [];
        for (let nth = 0; nth < requests; nth++) {
          const startedAt = performance.now();
          await ask(first);
          round.push(performance.now() - startedAt);
          first = (first + devicesAtOnce) % devices;
        }
        all.push(round);
        return { messages: requests, lost: 0 };
      },
    },
    roundsMs: ({ rounds }) => all.slice(-rounds),
  };
}

function devicesFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, nth) => first + nth);
}

function pathOf({ days, bucket, devicesAtOnce }: Question, first: number, endMs: number): string {
  const range = `from=${endMs - days * dayMs}&to=${endMs}`;
  if (bucket === undefined) return `/v1/devices/device-${first}/measurements?${range}&metric=${metric}`;
  const names = devicesFrom(first, devicesAtOnce).map((device) => `device-${device}`);
  return `/v1/aggregates?${range}&metric=${metric}&bucket=${bucket}&functions=avg,min,max,count&device=${names.join(',')}`;
}

/** What somebody would write who knows the table and that no two measurements of a device have the same time. */
async function askByHand(
  database: Client,
  { days, bucket, devicesAtOnce }: Question,
  first: number,
  endMs: number,
): Promise<void> {
  const range = [devicesFrom(first, devicesAtOnce), new Date(endMs - days * dayMs), new Date(endMs)];
  const value = `("values"->>'${metric}')::float8`;
  const from = `FROM measurement WHERE device_index = ANY($1::bigint[]) AND class = 2 AND ts >= $2 AND ts < $3`;
  const unit = { '1h': 'hour', '1d': 'day', '1mo': 'month' }[bucket ?? '1h'];
  const sql =
    bucket === undefined
      ? `SELECT ts, ${value} AS value ${from} ORDER BY ts`
      : `SELECT device_index, date_trunc('${unit}', ts) AS start, avg(${value}), min(${value}), max(${value}), count(*)
         ${from} GROUP BY 1, 2 ORDER BY 1, 2`;
  const { rows } = await database.query(sql, range);
  if (rows.length === 0) throw BenchmarksError.permanent('benchmarks.run-failed', 'the SQL by hand found nothing');
}

async function tokenOf({ stack }: TelemetryStand): Promise<string> {
  const token = await stack.issuer?.token({ tenant: 'acme', roles: ['viewer'], ttlSeconds: 12 * 3_600 });
  if (token === undefined)
    throw BenchmarksError.permanent('benchmarks.usage', 'unset OIDC_ISSUER: the bench needs its own');
  return token;
}
