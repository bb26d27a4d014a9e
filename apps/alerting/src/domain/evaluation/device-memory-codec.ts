import { type DeviceMemory } from './device-evaluator.js';
import type { Reading } from './reading.js';

const version = 1;
const headBytes = 5;
const slotBytes = Float64Array.BYTES_PER_ELEMENT;

/** JSON has no infinity: an absent time is null. */
type Time = number | null;

interface Head {
  readonly number?: number;
  readonly rules: readonly [id: string, version: number, slots: number][];
  readonly lanes: readonly [latenessMs: number, greatestMs: Time, doneMs: Time, held: readonly Reading[]][];
}

/**
 * What is remembered of a device as bytes: a version, the length of a head in JSON, the head, then the slots of the rules as
 * little-endian doubles. Slots keep every bit.
 */
export function encodeMemory({ number, rules, lanes }: DeviceMemory): Uint8Array {
  const head: Head = {
    ...(number === undefined ? {} : { number }),
    rules: rules.map(({ id, version: ruleVersion, slots }) => [id, ruleVersion, slots.length]),
    lanes: lanes.map(({ latenessMs, buffer: { greatestMs, doneMs, held } }) => [
      ...([latenessMs, timeOf(greatestMs), timeOf(doneMs)] as const),
      held,
    ]),
  };
  const json = new TextEncoder().encode(JSON.stringify(head));
  const slots = rules.reduce((total, rule) => total + rule.slots.length, 0);
  const bytes = new Uint8Array(headBytes + json.length + slots * slotBytes);
  const view = new DataView(bytes.buffer);
  bytes[0] = version;
  view.setUint32(1, json.length, true);
  bytes.set(json, headBytes);
  let at = headBytes + json.length;
  for (const rule of rules) {
    for (const slot of rule.slots) {
      view.setFloat64(at, slot, true);
      at += slotBytes;
    }
  }
  return bytes;
}

/** Undefined for bytes of a version that is not known. */
export function decodeMemory(bytes: Uint8Array): DeviceMemory | undefined {
  if (bytes[0] !== version) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = headBytes + view.getUint32(1, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(headBytes, at))) as Head;
  const rules = head.rules.map(([id, ruleVersion, length]) => {
    const slots = Float64Array.from({ length }, (_, i) => view.getFloat64(at + i * slotBytes, true));
    at += length * slotBytes;
    return { id, version: ruleVersion, slots };
  });
  const lanes = head.lanes.map(([latenessMs, greatestMs, doneMs, held]) => ({
    latenessMs,
    buffer: { greatestMs: greatestMs ?? -Infinity, doneMs: doneMs ?? -Infinity, held },
  }));
  return { ...(head.number === undefined ? {} : { number: head.number }), rules, lanes };
}

function timeOf(ms: number): Time {
  return Number.isFinite(ms) ? ms : null;
}
