import type { EncodedRecord, StreamEngineName, StreamPublisher } from '@myelin/messaging';
import { createStreamPublisher } from '@myelin/messaging/streams';
import { silentLogger } from '@myelin/observability';
import { serveProgram } from '../harness/program.js';
import { type PublishWork, sampleRecord, sendAll } from './sample-records.js';

let publisher: StreamPublisher;

serveProgram(
  {
    connect: async ({
      brokers,
      engine,
    }: {
      readonly brokers: readonly string[];
      readonly engine: StreamEngineName;
    }) => {
      publisher = createStreamPublisher({ brokers, clientId: 'bench' }, { engine, lingerMs: 5 }, silentLogger);
      await publisher.connect();
    },
    run: (work: PublishWork) => sendAll(work, append),
    paced,
  },
  () => publisher?.close(),
);

/** Resolves when all are acknowledged. */
function append(records: readonly EncodedRecord[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let open = records.length;
    for (const record of records) {
      const taken = publisher.append(record, (error) => {
        if (error !== undefined) reject(error);
        else if (--open === 0) resolve();
      });
      if (!taken) reject(new Error('the queue is full'));
    }
  });
}

export interface PacedOutcome {
  readonly acknowledged: number;
  /** Produce requests: the records of one are settled in one turn. */
  readonly requests: number;
}

async function paced({
  records,
  boot,
  perSecond,
}: PublishWork & { readonly perSecond: number }): Promise<PacedOutcome> {
  let [appended, acknowledged, requests] = [0, 0, 0];
  let inTurn = false;
  const failures: Error[] = [];
  const settled = (error: Error | undefined): void => {
    if (error !== undefined) failures.push(error);
    else acknowledged += 1;
    if (inTurn) return;
    inTurn = true;
    requests += 1;
    queueMicrotask(() => (inTurn = false));
  };
  const startedAt = performance.now();
  while (appended < records) {
    const due = Math.min(records, ((performance.now() - startedAt) * perSecond) / 1_000);
    for (; appended < due; appended++) publisher.append(sampleRecord(appended, boot), settled);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await publisher.flush(30_000);
  if (failures[0] !== undefined) throw failures[0];
  return { acknowledged, requests };
}
