import { Client } from 'pg';

/** What arrived, as it arrived: copies, rivals and all. */
export interface PlainArrival {
  readonly device: string;
  readonly ts: number;
  readonly boot: string | undefined;
  readonly seq: number | undefined;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Starts of buckets by PostgreSQL's own calendar. `ts` and `zone` are in scope. */
export const plainBuckets: Readonly<Record<string, string>> = {
  '1m': `date_trunc('minute', ts, zone)`,
  '15m': `date_trunc('hour', ts, zone) + floor(extract(minute FROM ts AT TIME ZONE zone) / 15) * interval '15 minutes'`,
  '1h': `date_trunc('hour', ts, zone)`,
  '6h': `date_bin('6 hours', ts AT TIME ZONE zone, timestamp '1970-01-01') AT TIME ZONE zone`,
  '1d': `date_trunc('day', ts, zone)`,
  '1w': `date_trunc('week', ts, zone)`,
  '1mo': `date_trunc('month', ts, zone)`,
};

/** Every function straight from its definition, over a table of winners `bucketed (device, metric, start, ts, v)`. */
const functionsSql = `
  stepped AS (
    SELECT *, lag(v) OVER series AS before, lead(ts) OVER series AS next_ts,
      avg(v::numeric(700, 300)) OVER whole AS mean, avg(extract(epoch FROM ts)::numeric(700, 300)) OVER whole AS mean_t
    FROM bucketed
    WINDOW series AS (PARTITION BY device, metric, start ORDER BY ts), whole AS (PARTITION BY device, metric, start)
  )
  SELECT device, metric, (extract(epoch FROM start) * 1000)::float8 AS start,
    count(*)::float8 AS count, sum(v)::float8 AS sum, min(v)::float8 AS min, max(v)::float8 AS max,
    (sum(v)::numeric(700, 300) / count(*))::float8 AS avg,
    (array_agg(v ORDER BY ts))[1]::float8 AS first, (array_agg(v ORDER BY ts DESC))[1]::float8 AS last,
    sqrt(sum((v - mean) * (v - mean)) / nullif(count(*) - 1, 0))::float8 AS stddev,
    coalesce(sum(v * extract(epoch FROM next_ts - ts))::numeric(700, 300) / nullif(extract(epoch FROM max(ts) - min(ts)), 0),
      min(v))::float8 AS "timeWeightedAvg",
    sum(CASE WHEN v >= before THEN v - before WHEN v < before THEN v ELSE 0 END)::float8 AS increase,
    (sum(CASE WHEN v >= before THEN v - before WHEN v < before THEN v ELSE 0 END)::numeric(700, 300)
      / nullif(extract(epoch FROM max(ts) - min(ts)), 0))::float8 AS rate,
    count(*) FILTER (WHERE v < before)::float8 AS resets,
    (sum((extract(epoch FROM ts) - mean_t) * (v - mean))
      / nullif(sum((extract(epoch FROM ts) - mean_t) * (extract(epoch FROM ts) - mean_t)), 0))::float8 AS slope,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY v::float8) AS median,
    percentile_cont(0.05) WITHIN GROUP (ORDER BY v::float8) AS p5,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY v::float8) AS p95,
    percentile_cont(0.999) WITHIN GROUP (ORDER BY v::float8) AS "p99.9",
    ARRAY[count(*) FILTER (WHERE v < -1), count(*) FILTER (WHERE v >= -1 AND v < 0.1), count(*) FILTER (WHERE v >= 0.1 AND v < 2),
      count(*) FILTER (WHERE v >= 2 AND v <= 100), count(*) FILTER (WHERE v > 100)]::float8[] AS slots
  FROM stepped GROUP BY device, metric, start ORDER BY start, device, metric`;

/** Of a moment and a metric one value counts: higher seq (none is lowest), then the greater SHA-256 of the content. */
const winnersSql = `
  SELECT device, metric, ts, value FROM (
    SELECT *, row_number() OVER (PARTITION BY device, ts, metric ORDER BY coalesce(seq, -1) DESC, fingerprint DESC) AS place
    FROM (
      SELECT DISTINCT device, ts, seq, member.key AS metric, member.value,
        left(encode(sha256(convert_to(coalesce('"' || boot || '"', '') || E'\\n' || coalesce(seq::text, '') || E'\\n' || content, 'UTF8')),
          'hex'), 32) AS fingerprint
      FROM arrival, jsonb_each(content::jsonb) AS member
    ) AS distinct_content
  ) AS ranked WHERE place = 1`;

export interface PlainAsked {
  readonly bucket: string;
  readonly timeZone: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly metrics: readonly string[];
}

export type PlainRow = Readonly<Record<string, unknown>> & { readonly slots: readonly number[] };

/** One plain table with everything that arrived, and nothing of the service but its database server. */
export class PlainStore {
  private constructor(private readonly client: Client) {}

  static async open(url: string): Promise<PlainStore> {
    const client = new Client({ connectionString: url });
    await client.connect();
    await client.query(
      'CREATE TEMP TABLE arrival (device text COLLATE "C", ts timestamptz, boot text, seq bigint, content text)',
    );
    return new PlainStore(client);
  }

  async load(arrivals: readonly PlainArrival[]): Promise<void> {
    await this.client.query('TRUNCATE arrival');
    for (const { device, ts, boot, seq, values } of arrivals) {
      await this.client.query('INSERT INTO arrival VALUES ($1, $2, $3, $4, $5)', [
        ...[device, new Date(ts), boot ?? null, boot === undefined ? null : (seq ?? null)],
        canonical(values),
      ]);
    }
  }

  async aggregates({ bucket, timeZone, fromMs, toMs, metrics }: PlainAsked): Promise<PlainRow[]> {
    const { rows } = await this.client.query<PlainRow>(
      `WITH winner AS (${winnersSql}), bucketed AS (
         SELECT device, metric COLLATE "C" AS metric, ts, ${plainBuckets[bucket] ?? ''} AS start,
           CASE jsonb_typeof(value) WHEN 'number' THEN value::numeric ELSE value::boolean::integer::numeric END AS v
         FROM winner, (SELECT $1::text AS zone) AS asked
         WHERE jsonb_typeof(value) IN ('number', 'boolean') AND ts >= $2 AND ts < $3 AND metric = ANY($4::text[])
       ), ${functionsSql}`,
      [timeZone, new Date(fromMs), new Date(toMs), metrics],
    );
    return rows;
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}

/** Sorted members, without white space. */
function canonical(values: Readonly<Record<string, unknown>>): string {
  const sorted = Object.entries(values).sort(([left], [right]) => (left < right ? -1 : 1));
  return JSON.stringify(Object.fromEntries(sorted));
}
