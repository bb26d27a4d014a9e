import type { EventContract, TopicDefinition } from '@myelin/contracts';
import { type KafkaAdmin, type KafkaSettings, type TopicPlan, createKafkaAdmin, topicPlans } from '@myelin/messaging';
import { testBrokers } from '../config.js';
import { once, runAllSteps } from '../dispose-all.js';
import { randomName } from '../random-name.js';
import { deleteGroups } from './delete-groups.js';

export interface KafkaFixture extends AsyncDisposable {
  /** With a random namespace: nobody else sees these topics and groups. */
  readonly settings: KafkaSettings & { readonly namespace: string };
  readonly admin: KafkaAdmin;
  /**
   * Creates the topics of the events, their dead-letter topics included, or the given ones alone.
   * `partitions` replaces the declared number, so that a test need not wait for 24.
   */
  ensureTopics(
    topics: readonly (EventContract | TopicDefinition | TopicPlan)[],
    options?: { readonly partitions?: number; readonly replicationFactor?: number },
  ): Promise<void>;
  /** Deletes every topic and group of the namespace. Safe to call twice; consumers should be closed before. */
  dispose(): Promise<void>;
}

/** Settings for the broker under test with a random namespace. @throws TestingError testing.stack-missing */
export function testKafka(): KafkaSettings & { readonly namespace: string } {
  const namespace = randomName();
  return { brokers: testBrokers(), clientId: `test-${namespace}`, namespace };
}

/** Room of one's own on the real broker. Use with `await using`, or call `dispose` in `afterAll`. @throws TestingError testing.stack-missing */
export function useKafka(): KafkaFixture {
  const settings = testKafka();
  const admin = createKafkaAdmin(settings);
  const dispose = once(() =>
    runAllSteps([
      ['groups', () => deleteGroups(admin, () => true)],
      ['topics', async () => admin.deleteTopics(await admin.listTopics())],
      ['admin connection', () => admin.close()],
    ]),
  );
  return {
    settings,
    admin,
    ensureTopics: async (topics, { partitions, replicationFactor = 1 } = {}) => {
      const plans = topics.flatMap(plansOf).map((plan) => (partitions === undefined ? plan : { ...plan, partitions }));
      await admin.ensureTopics([...new Map(plans.map((plan) => [plan.name, plan])).values()], { replicationFactor });
    },
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

function plansOf(topic: EventContract | TopicDefinition | TopicPlan): TopicPlan[] {
  if ('strict' in topic) return topicPlans([topic]);
  if ('config' in topic) return [topic];
  return topicPlans([{ topic, consumers: [] } as unknown as EventContract]);
}
