import { measurementReportedV1 } from '@myelin/contracts';
import { parseDeviceKey } from '@myelin/kernel';
import { alertingDomain, type BenchReading, type KnownDevice, type PartitionEvaluator } from '../alerting-domain.js';
import { serveProgram } from '../harness/program.js';

export interface EvaluationPlan {
  /** 0: records are only decoded. */
  readonly rules: number;
  /** Rules that are about one of so many sites; 1: all are about every device. */
  readonly sites: number;
}

interface Message {
  readonly key: string;
  readonly value: Buffer;
  readonly receivedAtMs: number;
}

const tenant = 'acme';
const devices = 1_000;
/** Each with the range of its values, which are spread evenly. */
const metrics = [
  ...[['temperature', 40] as const, ['humidity', 100] as const, ['pressure', 1_100] as const],
  ...[['voltage', 5] as const, ['current', 2] as const, ['vibration', 1] as const],
] as const;
/** How often a rule's limit is exceeded. */
const shareAbove = 0.001;

let nth = 0;
let waiting: Message[] = [];
let partition: PartitionEvaluator | undefined;
let transitions = 0;

/** Threshold rules, of each metric as many. */
async function open({ rules, sites }: EvaluationPlan): Promise<void> {
  if (rules === 0) return;
  const domain = await alertingDomain();
  const book = domain.newRuleBook();
  for (let rule = 0; rule < rules; rule += 1) {
    const [metric, range] = metrics[rule % metrics.length] as (typeof metrics)[number];
    book.put({
      ...{ id: `rule-${rule}`, version: 1, severity: 'minor' },
      scope: sites === 1 ? {} : { sites: [`site-${rule % sites}`] },
      when: { metric, op: '>', value: range * (1 - shareAbove) },
    });
  }
  const known = new Map(Array.from({ length: devices }, (_, device) => [keyOf(device), knownDevice(device, sites)]));
  partition = domain.newPartition({
    rulesOf: () => book,
    deviceOf: (key) => known.get(key) as KnownDevice,
    expectedSilenceOf: () => undefined,
  });
}

function keyOf(device: number): string {
  return `${tenant}/machine-${device}`;
}

function knownDevice(device: number, sites: number): KnownDevice {
  const facts = { device: `machine-${device}`, profile: 'machine', site: `site-${device % sites}`, labels: {} };
  return { facts: { ...facts, timeZone: 'UTC' }, limits: () => undefined, silenceMs: 180_000, revision: 1 };
}

/** Reports of the devices by turns, one a second, as they stand on the topic. */
function prepare({ messages }: { readonly messages: number }): void {
  waiting = Array.from({ length: messages }, () => {
    const seq = Math.floor(nth / devices);
    const ts = 1_795_420_800_000 + seq * 1_000 + (nth % devices);
    const values = metrics.map(([metric, range]) => `"${metric}":${(Math.random() * range).toFixed(2)}`).join(',');
    const body = `{"ts":${ts},"boot":"b7f3","seq":${seq},"values":{${values}}}`;
    const message = { key: keyOf(nth % devices), value: Buffer.from(body), receivedAtMs: ts + 100 };
    nth += 1;
    return message;
  });
}

/** As the service's consumer does it: parsed, held to the contract, the key checked, made readings of. */
function decode({ key, value, receivedAtMs }: Message): BenchReading[] {
  const validation = measurementReportedV1.tolerant(JSON.parse(value.toString()));
  if (!validation.ok) throw new Error(`the record breaks its contract: ${validation.faults[0]?.message ?? ''}`);
  parseDeviceKey(key);
  const payload = validation.value;
  const measurements = Array.isArray(payload) ? payload : [payload];
  return measurements.map(({ ts, ...measurement }) => ({ ts: ts ?? receivedAtMs, ...measurement }));
}

function evaluate(): { messages: number; lost: number } {
  const before = partition?.arrivals.taken ?? 0;
  let decoded = 0;
  for (const message of waiting) {
    const readings = decode(message);
    decoded += readings.length;
    partition?.take(message.key, readings, message.receivedAtMs, () => void (transitions += 1));
  }
  const taken = partition === undefined ? decoded : partition.arrivals.taken - before;
  return { messages: waiting.length, lost: waiting.length - taken };
}

serveProgram({ open, prepare, evaluate, transitions: () => transitions });
