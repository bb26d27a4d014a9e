import { shapeOf } from './fingerprint.js';

/** The names of the metrics of a measurement, in whatever order they came. */
export interface MetricSet {
  /** Sorted. */
  readonly metrics: readonly string[];
  readonly shape: string;
  /** Which of the members comes first when they are sorted, which second, ...; undefined when they came so. */
  readonly order: readonly number[] | undefined;
}

/** Where the members of a values object are, for as many as were counted. */
export class MemberPlaces {
  count = 0;
  /** Of the names, without their quotes. */
  hash = 0;
  readonly nameAt: Int32Array;
  readonly nameEnd: Int32Array;
  readonly valueEnd: Int32Array;

  constructor(max: number) {
    this.nameAt = new Int32Array(max);
    this.nameEnd = new Int32Array(max);
    this.valueEnd = new Int32Array(max);
  }
}

interface Remembered {
  /** The names in the order in which they came, `"` behind each. */
  readonly names: Buffer;
  /** undefined when a name came twice. */
  readonly set: MetricSet | undefined;
}

const remembered = new Map<number, Remembered>();
const maxRemembered = 10_000;

/** A device says the same names again and again: they are made into texts once. undefined when a name came twice. */
export function metricSetOf(body: Buffer, places: MemberPlaces): MetricSet | undefined {
  const known = remembered.get(places.hash);
  if (known !== undefined && sameNames(known.names, body, places)) return known.set;
  if (remembered.size >= maxRemembered) remembered.clear();
  const names = Array.from({ length: places.count }, (_, index) =>
    body.toString('latin1', places.nameAt[index], places.nameEnd[index]),
  );
  const set = metricSet(names);
  remembered.set(places.hash, { names: Buffer.from(names.map((name) => `${name}"`).join('')), set });
  return set;
}

function sameNames(names: Buffer, body: Buffer, places: MemberPlaces): boolean {
  let at = 0;
  for (let index = 0; index < places.count; index++) {
    const end = places.nameEnd[index] as number;
    // The quote behind the name included.
    for (let byte = places.nameAt[index] as number; byte <= end; byte++) if (names[at++] !== body[byte]) return false;
  }
  return at === names.length;
}

function metricSet(names: readonly string[]): MetricSet | undefined {
  const metrics = [...names].sort();
  if (new Set(metrics).size < metrics.length) return undefined;
  const order = metrics.map((name) => names.indexOf(name));
  const sorted = order.every((from, to) => from === to);
  return { metrics, shape: shapeOf(metrics), order: sorted ? undefined : order };
}
