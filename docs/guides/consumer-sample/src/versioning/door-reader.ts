import type { EventContract } from '@myelin/contracts';
import type { Consumer, Kafka } from 'kafkajs';
import { doorOpenedV1 } from './door-opened.v1.js';
import { type DoorOpenedV2, doorOpenedV2, upcastDoorOpened } from './door-opened.v2.js';

export type OnDoorOpened = (id: string, event: DoorOpenedV2) => void;

/** One handler, whichever version it reads: moving is another argument here and another group. */
export async function readDoors(
  kafka: Kafka,
  version: 1 | 2,
  group: string,
  onDoorOpened: OnDoorOpened,
): Promise<Consumer> {
  const consumer = kafka.consumer({ groupId: group, maxWaitTimeInMs: 500 });
  await consumer.connect();
  const { topic } = version === 1 ? doorOpenedV1 : doorOpenedV2;
  await consumer.subscribe({ topic: topic.name, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message: { value, headers } }) => {
      const body: unknown = JSON.parse(value?.toString() ?? '');
      const event = version === 1 ? upcastDoorOpened(valid(doorOpenedV1, body)) : valid(doorOpenedV2, body);
      // Both versions of an event have one id, so that a reader of both knows it again.
      onDoorOpened(`${headers?.['ce_source']?.toString()} ${headers?.['ce_id']?.toString()}`, event);
    },
  });
  return consumer;
}

function valid<Payload>(contract: EventContract<Payload>, body: unknown): Payload {
  const outcome = contract.tolerant(body);
  if (outcome.ok) return outcome.value;
  throw new Error(`${contract.type}: ${outcome.faults[0]?.message}`);
}
