import type { PoolClient } from 'pg';
import { HourFacts } from '../domain/hour-facts.js';
import { hourMs } from '../domain/hour-marks.js';
import { type ExactDecimal, decimalOf } from '../domain/exact-decimal.js';
import { type MomentTexts, ValueMoments } from '../domain/value-moments.js';
import { fetchedLots } from './fetched-lots.js';
import { delayMs, isOfHour } from './hour-rows.js';
import { msOf } from './moments.js';
import type { HourToRollUp } from './rollup.repository.js';

/** A device-hour all of whose metrics are known. */
export interface DenseHour extends HourToRollUp {
  readonly metrics: readonly string[];
  /** Minutes beside the hour. */
  readonly worthwhile: boolean;
}

/** Moments of a metric's values of one class within a span. */
export interface Piece extends MomentTexts {
  readonly class: number;
  readonly metric: string;
  readonly start_ms: string;
}

/** Keeps the process free for what else it does in between. */
const rowsAtOnce = 500;

export interface ReadHour {
  /** Of minutes where they are worthwhile, of the hour elsewhere. */
  readonly pieces: readonly Piece[];
  readonly facts: HourFacts;
}

/** Reads the rows of a device-hour once, in order. @param kept classes and the bounds of the day */
export async function readHour(client: PoolClient, hour: DenseHour, kept: readonly unknown[]): Promise<ReadHour> {
  const spans = new Spans(hour);
  const parameters = [hour.deviceIndex, hour.hour, ...kept, ...hour.metrics];
  const lots = fetchedLots<Row>(client, rowsSql(hour.metrics.length), parameters, {
    rows: rowsAtOnce,
    rowMode: 'array',
  });
  for await (const lot of lots) for (const row of lot) spans.take(row);
  return { pieces: spans.pieces(), facts: spans.facts };
}

/** Of each metric: a number or a boolean as text, empty of other kinds, null when the row does not name it. */
type Row = [
  ...[ms: string, retentionClass: number, delayMs: string, duplicates: number, outOfRange: boolean],
  ...texts: (string | null)[],
];

function rowsSql(metrics: number): string {
  const columns = Array.from({ length: metrics }, (_, nth) => {
    const value = `(m."values" -> $${nth + 6}::text)`;
    return `CASE jsonb_typeof${value} WHEN 'number' THEN ${value}::text WHEN 'boolean' THEN ${value}::text ELSE left(${value}::text, 0) END`;
  });
  return `
    SELECT ${[msOf('m.ts'), 'm.class', delayMs, 'm.duplicates', 'coalesce(cardinality(m.out_of_range) > 0, false)', ...columns].join(', ')}
    FROM stored_measurement($1::bigint, $3::smallint[], $4::timestamptz, $5::timestamptz) m
    WHERE ${isOfHour('$2::integer')}
    ORDER BY m.ts, m.seq DESC NULLS LAST, m.fingerprint DESC`;
}

/** One metric; of several rows at one moment the first that names it wins, whatever it says. */
class MetricSpans {
  lastMs: number | undefined;
  /** By class and by the start of the span. */
  readonly spans = new Map<number, Map<number, ValueMoments>>();

  of(retentionClass: number, startMs: number): ValueMoments {
    let spans = this.spans.get(retentionClass);
    if (spans === undefined) this.spans.set(retentionClass, (spans = new Map<number, ValueMoments>()));
    let moments = spans.get(startMs);
    if (moments === undefined) spans.set(startMs, (moments = new ValueMoments()));
    return moments;
  }
}

class Spans {
  readonly facts = new HourFacts();
  private readonly sizeMs: number;
  private readonly metrics: readonly MetricSpans[];

  constructor(private readonly hour: DenseHour) {
    this.sizeMs = hour.worthwhile ? 60_000 : hourMs;
    this.metrics = hour.metrics.map(() => new MetricSpans());
  }

  take([msText, retentionClass, delay, duplicates, outOfRange, ...texts]: Row): void {
    const ms = Number(msText);
    const at = ms % this.sizeMs;
    this.facts.row(ms, { delayMs: Number(delay), duplicates, outOfRange });
    for (const [nth, text] of texts.entries()) {
      const metric = this.metrics[nth] as MetricSpans;
      if (text === null) continue;
      if (metric.lastMs === ms) {
        this.facts.conflicts += 1;
        continue;
      }
      metric.lastMs = ms;
      if (text !== '') metric.of(retentionClass, ms - at).add(ms, at, numberOfText(text));
    }
  }

  pieces(): Piece[] {
    return this.metrics.flatMap(({ spans }, nth) =>
      [...spans].flatMap(([retentionClass, moments]) =>
        [...moments].map(([startMs, values]) => ({
          ...{ class: retentionClass, metric: this.hour.metrics[nth] as string, start_ms: String(startMs) },
          ...values.texts(),
        })),
      ),
    );
  }
}

const [zero, one] = [decimalOf('0'), decimalOf('1')];

function numberOfText(text: string): ExactDecimal {
  if (text === 'true') return one;
  return text === 'false' ? zero : decimalOf(text);
}
