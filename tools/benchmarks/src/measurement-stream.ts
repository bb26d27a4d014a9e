import { measurementReportedV1 } from '@myelin/contracts';
import { type EncodedRecord, headerNames } from '@myelin/messaging';

export interface Sent {
  readonly device: number;
  readonly body: string;
  /** It was sent before. */
  readonly isCopy: boolean;
}

const shareLate = 0.05;
const shareCopied = 0.01;

/**
 * Measurements of many devices by turns, six metrics each: 5 % come some turns too late, 1 % twice. The same at every
 * call, but for the times.
 */
export class MeasurementStream {
  private readonly waiting: { readonly due: number; readonly sent: Sent }[] = [];
  private turn = 0;
  private state = 42;

  constructor(
    private readonly devices: number,
    private readonly startMs: number,
  ) {}

  next(): Sent {
    const [first] = this.waiting;
    if (first !== undefined && first.due <= this.turn) {
      this.waiting.shift();
      return first.sent;
    }
    const turn = this.turn++;
    const sent = { device: turn % this.devices, body: this.body(turn), isCopy: false };
    const chance = this.random();
    if (chance < shareLate) return this.later(sent);
    if (chance > 1 - shareCopied) this.wait({ ...sent, isCopy: true });
    return sent;
  }

  private later(sent: Sent): Sent {
    this.wait(sent);
    return this.next();
  }

  private wait(sent: Sent): void {
    // All wait equally long, so the first in line is always the next one.
    this.waiting.push({ due: this.turn + 2 * this.devices, sent });
  }

  /** The members in their order, 195 bytes with headers of an HTTP report's size. */
  private body(turn: number): string {
    const device = turn % this.devices;
    const seq = Math.floor(turn / this.devices);
    const hundredths = (most: number): number => Math.round(this.random() * most * 100) / 100;
    const values = {
      co2: Math.round(400 + this.random() * 600),
      humidity: hundredths(100),
      lux: hundredths(1_000),
      pressure: 950 + Math.round(this.random() * 100),
      temperature: hundredths(40),
      voltage: hundredths(5),
    };
    return JSON.stringify({ ts: this.startMs + seq * 1_000 + (device % 1_000), boot: `boot-${device}`, seq, values });
  }

  private random(): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.state / 2 ** 32;
  }
}

const constantHeaders = {
  [headerNames.specVersion]: Buffer.from('1.0'),
  [headerNames.type]: Buffer.from(measurementReportedV1.type),
  [headerNames.source]: Buffer.from('/ingest-gateway/benchmarks'),
  [headerNames.contentType]: Buffer.from('application/json'),
};
const retentionClass = Buffer.from('standard');
const profile = Buffer.from('benchmark');

/** With the headers that the gateway gives. */
export function recordOf(device: number, body: string, nth: number): EncodedRecord {
  const nowMs = Date.now();
  return {
    topic: measurementReportedV1.topic.name,
    key: `acme/device-${device}`,
    value: Buffer.from(body),
    timestampMs: nowMs,
    headers: {
      ...constantHeaders,
      [headerNames.id]: `benchmarks-${nth.toString(36)}`,
      [headerNames.time]: new Date(nowMs).toISOString(),
      'myelin-device-index': String(device),
      'myelin-retention-class': retentionClass,
      'myelin-profile': profile,
    },
  };
}
