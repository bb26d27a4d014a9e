import { type Baggage, type TextMapGetter, type TextMapSetter, propagation } from '@opentelemetry/api';

const prefix = 'uberctx-';
const maxEntries = 16;
const maxValueLength = 256;
/** What may stand in the name of a header. */
const entryName = /^[a-z0-9][a-z0-9_.-]{0,63}$/;
/** Who or what a device is must not travel where anybody may read it; nor do people and secrets. */
const identity = /device|tenant|serial|imei|iccid|user|mail|customer|token|secret|passw|credential/;

/**
 * The `uberctx-*` entries of a carrier as baggage; undefined without any. At most 16, values of at most 256 characters;
 * whatever is longer, is malformed or sounds like an identity is left out. Never throws.
 */
export function readUberBaggage<Carrier>(carrier: Carrier, getter: TextMapGetter<Carrier>): Baggage | undefined {
  const entries: Record<string, { value: string }> = {};
  let count = 0;
  for (const key of getter.keys(carrier)) {
    const lower = key.toLowerCase();
    if (!lower.startsWith(prefix) || count === maxEntries) continue;
    const name = lower.slice(prefix.length);
    const value = decoded(getter.get(carrier, key));
    if (value === undefined || !mayTravel(name, value) || Object.hasOwn(entries, name)) continue;
    entries[name] = { value };
    count += 1;
  }
  return count === 0 ? undefined : propagation.createBaggage(entries);
}

/** With the same limits, percent-encoded as Jaeger's clients do over HTTP. */
export function writeUberBaggage<Carrier>(baggage: Baggage, carrier: Carrier, setter: TextMapSetter<Carrier>): void {
  const entries = baggage.getAllEntries().filter(([name, { value }]) => mayTravel(name, value));
  for (const [name, { value }] of entries.slice(0, maxEntries))
    setter.set(carrier, prefix + name, encodeURIComponent(value));
}

function mayTravel(name: string, value: string): boolean {
  return entryName.test(name) && !identity.test(name) && value.length <= maxValueLength && value.isWellFormed();
}

function decoded(found: string | string[] | undefined): string | undefined {
  const text = Array.isArray(found) ? found.at(-1) : found;
  if (typeof text !== 'string' || text.length > 9 * maxValueLength) return undefined;
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // as Jaeger's clients take it
  }
}
