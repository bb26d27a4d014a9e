import {
  type EventContract,
  type GroupConsumer,
  type PayloadOf,
  defineTopic,
  eventTopicDefaults,
  gatewayTickedV1,
} from '@myelin/contracts';
import { type EncodedRecord, encodeEvent } from '@myelin/messaging';

export type Noted = PayloadOf<typeof gatewayTickedV1>;

/** An event for tests, on a topic of its own: a text and a number (`atMs`). */
export function notedEvent(
  name: string,
  groups: Readonly<Record<string, GroupConsumer['onPoison']>>,
  partitions = 2,
): EventContract<Noted> {
  const topic = defineTopic({
    name: `myelin.test.${name}.v1`,
    owner: 'telemetry',
    ...eventTopicDefaults,
    partitions,
    summary: 'For tests.',
  });
  return Object.freeze({
    ...gatewayTickedV1,
    name,
    area: 'test',
    type: `io.myelin.test.${name}.v1`,
    topic,
    consumers: Object.entries(groups).map(([group, onPoison]) => ({
      kind: 'group' as const,
      group,
      service: 'telemetry' as const,
      onPoison,
    })),
  });
}

export function note(contract: EventContract<Noted>, number: number, key = 'acme/a'): EncodedRecord {
  return encodeEvent({ contract, key, payload: { instance: key, atMs: number } }, '/test');
}
