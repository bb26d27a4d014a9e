import { type EventContract, assignmentChangedV1, rolloutChangedV1 } from '@myelin/contracts';
import { uuidv7 } from '@myelin/kernel';
import { Consumes, type KafkaSettings, KafkaTransport, type ReceivedRecord } from '@myelin/messaging';
import { silentLogger } from '@myelin/observability';

/** One change of a rollout, or of the assignment of a device in it. */
export interface ToldChange {
  /** `<rollout>` or `<rollout> <device>` */
  readonly of: string;
  readonly version: number;
  readonly from: string;
  readonly to: string;
}

/** Every change of the tenant's rollouts and assignments, from the beginning of their topics on, in the order of each. */
export class ToldEvents {
  readonly changes: ToldChange[] = [];
  readonly #transport: KafkaTransport;

  constructor(settings: KafkaSettings, tenant: string) {
    const group = `private.chaos-${uuidv7()}`;
    this.#transport = new KafkaTransport({ settings, logger: silentLogger });
    const bind = <Payload>(
      contract: EventContract<Payload>,
      take: (payload: Payload & { readonly tenant: string }) => ToldChange,
    ): void =>
      bindTo(this.#transport, declared(contract, group), group, (record) => {
        const payload = record.payload() as Payload & { readonly tenant: string };
        if (payload.tenant === tenant) this.changes.push(take(payload));
      });
    bind(rolloutChangedV1, ({ rollout, version, from, to }) => ({ of: rollout, version, from, to }));
    bind(assignmentChangedV1, ({ rollout, device, version, from, to }) => ({
      ...{ of: `${rollout} ${device}`, version, from, to },
    }));
  }

  start(): void {
    this.#transport.listen(() => undefined);
  }

  close(): Promise<void> {
    return this.#transport.close();
  }
}

/** Whoever only looks on is in no contract. */
function declared<Payload>(contract: EventContract<Payload>, group: string): EventContract<Payload> {
  const consumer = { kind: 'group', group, service: 'firmware-rollout', onPoison: 'park' } as const;
  return { ...contract, consumers: [...contract.consumers, consumer] };
}

/** What Nest does with a controller's method, without an application around it. */
function bindTo<Payload>(
  transport: KafkaTransport,
  contract: EventContract<Payload>,
  group: string,
  take: (record: ReceivedRecord<Payload>) => void,
): void {
  const method = (record: ReceivedRecord): void => take(record as ReceivedRecord<Payload>);
  const descriptor: TypedPropertyDescriptor<typeof method> = { value: method };
  Consumes(contract as EventContract, { group, mode: 'each' })({}, 'take', descriptor);
  const handler = descriptor.value as unknown as (record: unknown) => Promise<unknown>;
  const patterns = Reflect.getMetadata('microservices:pattern', handler) as unknown[];
  const extras = Reflect.getMetadata('microservices:pattern_extras', handler) as Record<string, unknown>;
  for (const pattern of patterns) transport.addHandler(pattern, handler.bind({}), true, extras);
}
