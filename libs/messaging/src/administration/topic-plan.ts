import { type EventContract, type TopicSettings, topicList } from '@myelin/contracts';

/** Logical name (without the namespace), partitions, and Kafka's own topic settings. */
export type TopicPlan = Pick<TopicSettings, 'name' | 'partitions' | 'config'>;

/** Every topic of the events, and the dead-letter topic of every group that consumes one of them. */
export function topicPlans(events: readonly EventContract[]): TopicPlan[] {
  return topicList(events);
}
