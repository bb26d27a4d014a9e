import { Client } from 'pg';

const dayMs = 86_400_000;
/** Class `long`: a year is kept. */
const longClass = 2;

/** How dense the measurements of a part of the past are. */
interface Era {
  readonly fromDaysAgo: number;
  readonly toDaysAgo: number;
  readonly interval: string;
}

const eras: readonly Era[] = [
  { fromDaysAgo: 365, toDaysAgo: 30, interval: '3 hours' },
  { fromDaysAgo: 30, toDaysAgo: 1, interval: '30 minutes' },
  { fromDaysAgo: 1, toDaysAgo: 0, interval: '1 minute' },
];

export interface History {
  readonly rows: number;
  /** Start of the UTC day behind the last measurement. */
  readonly endMs: number;
}

/** A year of `device-0`, `device-1`, ... of the tenant `acme`: dense at its end, sparse before. Made by the server, day by day. */
export async function seedHistory(databaseUrl: string, devices: number): Promise<History> {
  const endMs = Math.floor(Date.now() / dayMs) * dayMs;
  const days = eras.flatMap(({ fromDaysAgo, toDaysAgo, interval }) =>
    Array.from({ length: fromDaysAgo - toDaysAgo }, (_, nth) => ({
      start: new Date(endMs - (fromDaysAgo - nth) * dayMs),
      interval,
    })),
  );
  let rows = 0;
  const worker = async (): Promise<void> => {
    const client = new Client({ connectionString: databaseUrl });
    await client.connect();
    for (let day = days.shift(); day !== undefined; day = days.shift()) {
      await client.query(`SELECT ensure_partition(${longClass}::smallint, $1::date)`, [day.start]);
      rows += (await client.query(daySql, [devices, day.start, day.interval])).rowCount ?? 0;
    }
    await client.end();
  };
  await Promise.all([worker(), worker()]);
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(
    `INSERT INTO device (index, tenant, device, classes, stored)
     SELECT device_index, 'acme', 'device-' || device_index, ${1 << longClass}, count(*) FROM measurement GROUP BY 1`,
  );
  await client.query('VACUUM ANALYZE measurement');
  await client.end();
  return { rows, endMs };
}

const daySql = `
  INSERT INTO measurement (device_index, ts, received_at, seq, fingerprint, class, boot, "values")
  SELECT device, ts, ts, extract(epoch FROM ts)::bigint, md5(device || '@' || ts)::uuid, ${longClass}, 'b',
    jsonb_build_object('humidity', round((random() * 100)::numeric, 2), 'pressure', 950 + round(random() * 100),
      'temperature', round((random() * 40)::numeric, 2), 'voltage', round((random() * 5)::numeric, 2))
  FROM generate_series(0, $1::integer - 1) device,
    generate_series($2::timestamptz, $2::timestamptz + interval '1 day' - interval '1 ms', $3::text::interval) ts`;
