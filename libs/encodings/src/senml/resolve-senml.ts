import { MetricNames } from './senml-name.js';
import {
  faultIn,
  recordPointer,
  type SenmlRecord,
  senmlRecord,
  type ValueLabel,
  valueLabelOf,
} from './senml-record.js';
import { EncodingFault } from '../encoding-fault.js';
import { stepsOf } from '../json-pointer.js';

export interface SenmlContext {
  /** The id by which the device that sent the pack is registered. */
  readonly device: string;
  /** The receive time, which relative times count from; milliseconds since the epoch. */
  readonly nowMs: number;
  /** The unit that the profile states for a metric. */
  unitOf(metric: string): string | undefined;
}

export interface CanonicalMeasurement {
  readonly ts?: number;
  readonly values: Readonly<Record<string, number | boolean | string>>;
}

export interface ResolvedPack {
  readonly measurements: readonly CanonicalMeasurement[];
  /** Where in the pack stands what a pointer into the measurements names. */
  pointerOf(canonical: string): string;
  /** Where in the pack the name of the metric begins that a pointer into the measurements leads to: in `n` or a `bn`. */
  namePointerOf(canonical: string): string;
}

/**
 * Resolves a pack (RFC 8428, 4.6) into measurements: one for each time, in the order in which the times come.
 * @throws EncodingFault senml-*, unit-mismatch, bytes-not-supported, number-not-finite
 */
export function resolveSenml(pack: unknown, context: SenmlContext): ResolvedPack {
  if (!Array.isArray(pack)) throw EncodingFault.named('senml-record-invalid', 'a pack is an array of records', '');
  const resolver = new PackResolver(context);
  pack.forEach((raw, index) => resolver.add(senmlRecord(raw, index), index));
  return {
    measurements: resolver.measurements(),
    pointerOf: (canonical) => resolver.pointerOf(canonical),
    namePointerOf: (canonical) => resolver.namePointerOf(canonical),
  };
}

interface Sourced {
  readonly value: number | boolean | string;
  readonly record: number;
  readonly label: string | undefined;
  /** Pointer to where the metric's name begins. */
  readonly named: string;
}
interface Instant {
  readonly ts: number | undefined;
  /** The first record of this time. */
  readonly record: number;
  readonly values: Map<string, Sourced>;
}

/** Smaller times are relative to now (RFC 8428, 4.5.3). */
const firstAbsoluteSeconds = 2 ** 28;
/** RFC 8428, and with secondary units (RFC 9100, 4), which are names like others to us. */
const isSupported = (version: number): boolean => (version >= 1 && version <= 10) || version === 26;
/** What stands behind the name of a metric whose sum a record tells. */
const sumSuffix = '.sum';

class PackResolver {
  readonly #instants = new Map<number | undefined, Instant>();
  readonly #names: MetricNames;
  #base: SenmlRecord = {};
  #baseNameAt = 0;
  #version: number | undefined;

  constructor(private readonly context: SenmlContext) {
    this.#names = new MetricNames(context.device);
  }

  measurements(): readonly CanonicalMeasurement[] {
    return [...this.#instants.values()].map(({ ts, values }) => ({
      ...(ts === undefined ? {} : { ts }),
      values: Object.fromEntries([...values].map(([metric, { value }]) => [metric, value])),
    }));
  }

  pointerOf(canonical: string): string {
    const { instant, source } = this.#sourceOf(canonical);
    if (instant === undefined) return '';
    return source === undefined ? recordPointer(instant.record) : recordPointer(source.record, source.label);
  }

  namePointerOf(canonical: string): string {
    return this.#sourceOf(canonical).source?.named ?? this.pointerOf(canonical);
  }

  #sourceOf(canonical: string): { readonly instant?: Instant | undefined; readonly source?: Sourced | undefined } {
    const [nth, member, metric] = stepsOf(canonical);
    const instant = nth === undefined ? undefined : [...this.#instants.values()][Number(nth)];
    const source = member === 'values' && metric !== undefined ? instant?.values.get(metric) : undefined;
    return { instant, source };
  }

  add(record: SenmlRecord, index: number): void {
    this.#checkVersion(record, index);
    this.#base = withBase(this.#base, record);
    if (record.bn !== undefined) this.#baseNameAt = index;
    if (isOnlyBase(record)) return;
    const label = valueLabelOf(record, index);
    const sum = this.#sumOf(record, label);
    if (label === undefined && sum === undefined) {
      throw faultIn(index, undefined, 'senml-record-invalid', 'the record has neither a value nor a sum');
    }
    const { bn = '', bt = 0 } = this.#base;
    const { n = '' } = record;
    const metric = this.#names.metricOf(bn, n, index);
    const named = metric.length > n.length ? recordPointer(this.#baseNameAt, 'bn') : recordPointer(index, 'n');
    const instant = this.#instantAt(bt + (record.t ?? 0), index);
    if (label === 'v') this.#checkUnit(metric, record, index);
    if (label !== undefined) put(instant, metric, { value: this.#valueOf(record, label), record: index, label, named });
    const sumLabel = record.s === undefined ? undefined : 's';
    if (sum !== undefined) put(instant, metric + sumSuffix, { value: sum, record: index, label: sumLabel, named });
  }

  /** Only numbers have a base. */
  #valueOf(record: SenmlRecord, label: ValueLabel): number | boolean | string {
    const value = record[label] as number | boolean | string;
    return typeof value === 'number' ? (this.#base.bv ?? 0) + value : value;
  }

  /** A base sum alone makes a sum of every number (RFC 8428, 4.5.4). */
  #sumOf({ s }: SenmlRecord, label: ValueLabel | undefined): number | undefined {
    const { bs } = this.#base;
    return s === undefined && (label !== 'v' || bs === undefined) ? undefined : (bs ?? 0) + (s ?? 0);
  }

  /** All records of a pack have one version (RFC 8428, 4.4). */
  #checkVersion({ bver }: SenmlRecord, index: number): void {
    const version = bver ?? this.#version ?? 10;
    if (!Number.isInteger(version) || !isSupported(version)) {
      throw faultIn(index, 'bver', 'senml-version-not-supported', 'version 10 is understood, and 26');
    }
    if (this.#version !== undefined && version !== this.#version) {
      throw faultIn(index, 'bver', 'senml-record-invalid', `the pack began with version ${this.#version}`);
    }
    this.#version = version;
  }

  #checkUnit(metric: string, { u }: SenmlRecord, index: number): void {
    const unit = u ?? this.#base.bu;
    const stated = unit === undefined ? undefined : this.context.unitOf(metric);
    if (stated === undefined || stated === unit) return;
    throw faultIn(index, u === undefined ? undefined : 'u', 'unit-mismatch', `the profile states the unit ${stated}`);
  }

  #instantAt(seconds: number, index: number): Instant {
    const ts = this.#tsOf(seconds);
    let instant = this.#instants.get(ts);
    if (instant === undefined) {
      instant = { ts, record: index, values: new Map() };
      this.#instants.set(ts, instant);
    }
    return instant;
  }

  /** In milliseconds since the epoch. Undefined for now: the receive time counts, as for every measurement without a time. */
  #tsOf(seconds: number): number | undefined {
    if (seconds === 0) return undefined;
    const ms = Math.round(seconds * 1_000);
    return seconds < firstAbsoluteSeconds ? this.context.nowMs + ms : ms;
  }
}

function withBase(base: SenmlRecord, { bn, bt, bu, bv, bs }: SenmlRecord): SenmlRecord {
  const set = { bn, bt, bu, bv, bs };
  const given = Object.entries(set).filter(([, value]) => value !== undefined);
  return given.length === 0 ? base : { ...base, ...(Object.fromEntries(given) as SenmlRecord) };
}

/** A record that only sets bases for those behind it, as in RFC 8428, 5.1.7. */
function isOnlyBase(record: SenmlRecord): boolean {
  const labels = Object.keys(record);
  return labels.length > 0 && labels.every((label) => label.startsWith('b'));
}

function put({ values }: Instant, metric: string, sourced: Sourced): void {
  if (values.has(metric)) {
    const { record, label } = sourced;
    throw faultIn(record, label, 'senml-name-twice', `${metric} has a value at this time, to the millisecond, already`);
  }
  if (typeof sourced.value === 'number' && !Number.isFinite(sourced.value)) {
    throw faultIn(sourced.record, sourced.label, 'number-not-finite', 'with its base the number is beyond a double');
  }
  values.set(metric, sourced);
}
