import { AssignerProtocol, type PartitionAssigner } from 'kafkajs';

/**
 * Gives partition p of every topic to member p modulo the number of members that subscribe to the topic: topics with
 * the same number of partitions stay together on a member, and every member computes the same result.
 */
export const stripedAssignerName = 'myelin-striped';

interface Member {
  readonly memberId: string;
  readonly memberMetadata: Buffer;
}

export function stripe(
  topics: ReadonlyMap<string, number>,
  subscriptions: ReadonlyMap<string, readonly string[]>,
): Map<string, Record<string, number[]>> {
  const assignment = new Map<string, Record<string, number[]>>();
  for (const member of subscriptions.keys()) assignment.set(member, {});
  for (const [topic, partitions] of topics) {
    const takers = [...subscriptions].filter(([, wanted]) => wanted.includes(topic)).map(([member]) => member);
    takers.sort();
    if (takers.length === 0) continue;
    for (let partition = 0; partition < partitions; partition++) {
      const share = assignment.get(takers[partition % takers.length] as string) as Record<string, number[]>;
      (share[topic] ??= []).push(partition);
    }
  }
  return assignment;
}

/** `hooks` travels on the assigner: it is the one object of ours that kafkajs hands to its consumer group. */
export function stripedAssigner<Hooks>(hooks: Hooks): PartitionAssigner {
  return ({ cluster }) => {
    const assigner = {
      name: stripedAssignerName,
      version: 1,
      hooks,
      async assign({ members }: { members: Member[] }) {
        const subscriptions = new Map(
          members.map(({ memberId, memberMetadata }) => [memberId, subscribedTopics(memberMetadata)]),
        );
        const topics = new Map<string, number>();
        for (const topic of new Set([...subscriptions.values()].flat())) {
          await cluster.addTargetTopic(topic);
          topics.set(topic, cluster.findTopicPartitionMetadata(topic).length);
        }
        return [...stripe(topics, subscriptions)].map(([memberId, assignment]) => ({
          memberId,
          memberAssignment: AssignerProtocol.MemberAssignment.encode({ version: 1, assignment, userData: empty }),
        }));
      },
      protocol({ topics }: { topics: string[] }) {
        return {
          name: stripedAssignerName,
          metadata: AssignerProtocol.MemberMetadata.encode({ version: 1, topics, userData: empty }),
        };
      },
    };
    return assigner;
  };
}

const empty = Buffer.alloc(0);

function subscribedTopics(metadata: Buffer): readonly string[] {
  return AssignerProtocol.MemberMetadata.decode(metadata)?.topics ?? [];
}
