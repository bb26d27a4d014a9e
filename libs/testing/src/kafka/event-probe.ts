import { inspect } from 'node:util';
import type { EventContract } from '@myelin/contracts';
import { describeError } from '@myelin/kernel';
import { Consumes, type KafkaSettings, KafkaTransport, type ReceivedRecord, createKafkaAdmin } from '@myelin/messaging';
import { silentLogger } from '@myelin/observability';
import { once, runAllSteps } from '../dispose-all.js';
import { randomName } from '../random-name.js';
import { waitFor } from '../time/wait-for.js';
import { deleteGroups } from './delete-groups.js';

export interface ProbedEvent<Payload> {
  readonly key: string;
  /** null = tombstone, or a value that consumers cannot take: then {@link fault} says why. */
  readonly payload: Payload | null;
  readonly fault: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly timestampMs: number;
}

export interface EventProbe<Payload> extends AsyncDisposable {
  /** The first matching event that no earlier call has returned. @throws TestingError testing.timeout with all that was seen */
  next(predicate?: (event: ProbedEvent<Payload>) => boolean, timeoutMs?: number): Promise<ProbedEvent<Payload>>;
  /** Everything seen so far, in the order of arrival. */
  all(): readonly ProbedEvent<Payload>[];
  close(): Promise<void>;
}

/** Sees every event of the contract from the topic's beginning, through the runner that services use. */
export async function eventProbe<Payload>(
  settings: KafkaSettings,
  contract: EventContract<Payload>,
): Promise<EventProbe<Payload>> {
  const group = `testing.${randomName('probe')}`;
  const seen: ProbedEvent<Payload>[] = [];
  const taken = new Set<ProbedEvent<Payload>>();
  const transport = new KafkaTransport({ settings, logger: silentLogger });
  bind(transport, withConsumer(contract, group), group, (record) => seen.push(probed(record)));
  await new Promise<void>((resolve, reject) => {
    transport.listen((error?: unknown) => (error === undefined || error === null ? resolve() : reject(asError(error))));
  });
  const close = once(() => closeProbe(settings, transport, group));
  return {
    next: async (predicate = () => true, timeoutMs = 10_000) => {
      const find = (): ProbedEvent<Payload> | undefined => seen.find((event) => !taken.has(event) && predicate(event));
      const what = (): string => `a matching ${contract.type}; ${describeSeen(seen)}`;
      const event = await waitFor(find, { timeoutMs, what });
      taken.add(event);
      return event;
    },
    all: () => [...seen],
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The probe is not part of the system, so the contract does not know its group. */
function withConsumer<Payload>(contract: EventContract<Payload>, group: string): EventContract<Payload> {
  const consumer = { kind: 'group', group, service: 'telemetry', onPoison: 'park' } as const;
  return { ...contract, consumers: [...contract.consumers, consumer] };
}

/** What Nest does with a controller's method, without a Nest application around it. */
function bind<Payload>(
  transport: KafkaTransport,
  contract: EventContract<Payload>,
  group: string,
  onRecord: (record: ReceivedRecord<Payload>) => void,
): void {
  class Probe {
    receive(record: ReceivedRecord): void {
      onRecord(record as ReceivedRecord<Payload>);
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(Probe.prototype, 'receive') as TypedPropertyDescriptor<
    (record: ReceivedRecord) => void
  >;
  Consumes(contract as EventContract, { group, mode: 'each' })(Probe.prototype, 'receive', descriptor);
  const handler = descriptor.value as unknown as (record: unknown) => Promise<unknown>;
  const patterns = Reflect.getMetadata('microservices:pattern', handler) as unknown[];
  const extras = Reflect.getMetadata('microservices:pattern_extras', handler) as Record<string, unknown>;
  for (const pattern of patterns) transport.addHandler(pattern, handler.bind(new Probe()), true, extras);
}

function probed<Payload>(record: ReceivedRecord<Payload>): ProbedEvent<Payload> {
  const { key, headers, topic, partition, offset, timestampMs } = record;
  return { key, ...contentOf(record), headers, topic, partition, offset, timestampMs };
}

/** A probe looks at poison too, it does not park it. */
function contentOf<Payload>(record: ReceivedRecord<Payload>): Pick<ProbedEvent<Payload>, 'payload' | 'fault'> {
  try {
    return { payload: record.payload(), fault: undefined };
  } catch (error) {
    return { payload: null, fault: describeError(error) };
  }
}

async function closeProbe(settings: KafkaSettings, transport: KafkaTransport, group: string): Promise<void> {
  const admin = createKafkaAdmin(settings);
  await runAllSteps([
    ['probe', () => transport.close()],
    ['group of the probe', () => deleteGroups(admin, (name) => name === group)],
    ['admin connection', () => admin.close()],
  ]);
}

function describeSeen(seen: readonly ProbedEvent<unknown>[]): string {
  if (seen.length === 0) return 'nothing was seen';
  const last = seen.slice(-20).map(({ key, payload, fault, partition, offset }) => {
    const body = fault ?? inspect(payload, { depth: 6, breakLength: Infinity, maxStringLength: 200 });
    return `  ${partition}/${offset} ${key} ${body}`;
  });
  return `${seen.length} seen, the last of them:\n${last.join('\n')}`;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(inspect(error));
}
