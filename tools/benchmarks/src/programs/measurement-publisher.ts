import { setTimeout as delay } from 'node:timers/promises';
import type { StreamPublisher } from '@myelin/messaging';
import { createStreamPublisher } from '@myelin/messaging/streams';
import { serveProgram } from '../harness/program.js';
import { MeasurementStream, recordOf } from '../measurement-stream.js';

/** Publishes measurements as the gateway does: a backlog at once, or a load that goes on until it is stopped. */
export interface Backlog {
  readonly brokers: readonly string[];
  readonly records: number;
  readonly devices: number;
}

export interface Load extends Omit<Backlog, 'records'> {
  /** Records per second. */
  readonly rate: number;
}

/** What the brokers have acknowledged so far. */
export interface Published {
  readonly records: number;
  /** Measurements among them, each counted once however often it was sent. */
  readonly distinct: number;
}

const published = { records: 0, distinct: 0 };
let failed: Error | undefined;
let publisher: StreamPublisher | undefined;
let going: Promise<void> | undefined;
let stopping = false;

async function connect(brokers: readonly string[]): Promise<StreamPublisher> {
  const log = (): void => undefined;
  const logger = { debug: log, info: log, warn: log, error: log };
  publisher ??= createStreamPublisher({ brokers, clientId: 'load' }, { maxQueuedRecords: 50_000 }, logger);
  await publisher.connect();
  return publisher;
}

async function publish(to: StreamPublisher, stream: MeasurementStream): Promise<void> {
  const { device, body, isCopy } = stream.next();
  const settled = (error: Error | undefined): void => {
    failed ??= error;
    published.records += 1;
    if (!isCopy) published.distinct += 1;
  };
  while (!to.append(recordOf(device, body, published.records), settled)) await delay(1);
}

async function backlog({ brokers, records, devices }: Backlog): Promise<Published> {
  const to = await connect(brokers);
  const stream = new MeasurementStream(devices, Date.now() - 3_600_000);
  for (let nth = 0; nth < records; nth++) await publish(to, stream);
  await to.flush(120_000);
  return counted();
}

async function load({ brokers, rate, devices }: Load): Promise<void> {
  const to = await connect(brokers);
  const stream = new MeasurementStream(devices, Date.now() - 1_000);
  const beganMs = performance.now();
  for (let sent = 0; !stopping;) {
    const due = Math.floor(((performance.now() - beganMs) * rate) / 1_000);
    for (; sent < due; sent++) await publish(to, stream);
    await delay(10);
  }
  await to.flush(120_000);
}

function counted(): Published {
  if (failed !== undefined) throw failed;
  return { ...published };
}

serveProgram(
  {
    backlog,
    start: (plan: Load) => {
      going = load(plan);
      going.catch((error: unknown) => (failed ??= error as Error));
    },
    published: counted,
    stop: async () => {
      stopping = true;
      await going;
      return counted();
    },
  },
  () => publisher?.close(1_000),
);
