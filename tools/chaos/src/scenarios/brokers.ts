import { measurementReportedV1 } from '@myelin/contracts';
import type { KafkaNode } from '@myelin/local-stack';
import { type KafkaAdmin, createKafkaAdmin } from '@myelin/messaging';
import type { ChaosSystem } from '../chaos-system.js';
import type { Damage, Scenario } from '../scenario.js';

const topic = measurementReportedV1.topic.name;
const twoMinutesMs = 120_000;

export const leaderKilled: Scenario = {
  name: 'leader-killed',
  summary: 'three brokers; SIGKILL of one that leads partitions of the telemetry topic, again and again',
  kafkaNodes: 3,
  defaultForMs: twoMinutesMs,
  damage: async (damage) => {
    let kills = 0;
    await repeatedly(damage, async () => {
      const leader = await leadingNode(damage);
      await leader.kill('SIGKILL');
      kills += 1;
      try {
        await damage.sleep(damage.random.between(4_000, 12_000));
      } finally {
        await leader.start();
      }
      await damage.sleep(damage.random.between(2_000, 5_000));
    });
    damage.note(`${kills} leaders killed`);
  },
};

export const followerStopped: Scenario = {
  name: 'follower-stopped',
  summary: 'three brokers; one stands still (SIGSTOP) for longer than its session, then is killed or goes on',
  kafkaNodes: 3,
  defaultForMs: twoMinutesMs,
  damage: async (damage) => {
    let stops = 0;
    await repeatedly(damage, async () => {
      const node = await followingNode(damage);
      await node.kill('SIGSTOP');
      stops += 1;
      try {
        await damage.sleep(damage.random.between(8_000, 15_000));
      } finally {
        if (damage.random.chance(0.5)) await node.kill('SIGCONT');
        else await node.kill('SIGKILL');
        await node.start();
      }
      await damage.sleep(damage.random.between(2_000, 5_000));
    });
    damage.note(`a broker stood still ${stops} times`);
  },
};

export const quorumLost: Scenario = {
  name: 'quorum-lost',
  summary: 'three brokers; two are killed and stay away: devices are refused with 503, nothing is lost',
  kafkaNodes: 3,
  defaultForMs: 60_000,
  damage: async (damage) => {
    const { chaos, fleet } = damage;
    const gone = chaos.kafka.nodes.slice(1);
    await Promise.all(gone.map((node) => node.kill('SIGKILL')));
    try {
      // What the gateway has under way is answered within its delivery time.
      const settlingMs = Math.min(12_000, damage.forMs / 2);
      await damage.sleep(settlingMs);
      const accepted = fleet.ledger.accepted;
      await damage.sleep(damage.forMs - settlingMs);
      if (fleet.ledger.accepted > accepted) damage.fail('reports were accepted although no quorum was there');
    } finally {
      await Promise.all(gone.map((node) => node.start()));
    }
    const refusals = [...fleet.ledger.answers].filter(([answer]) => answer.startsWith('503 '));
    if (refusals.length === 0) damage.fail('no device was refused with 503');
  },
};

async function repeatedly({ forMs }: Damage, once: () => Promise<void>): Promise<void> {
  const end = performance.now() + forMs;
  do await once();
  while (performance.now() < end);
}

/** The node that leads the most partitions of the topic. */
async function leadingNode({ chaos }: Damage): Promise<KafkaNode> {
  return nodeOf(chaos, await byLeaderships(chaos), -1);
}

/** The node that leads the fewest: for most partitions it follows. */
async function followingNode({ chaos }: Damage): Promise<KafkaNode> {
  return nodeOf(chaos, await byLeaderships(chaos), 0);
}

function nodeOf(chaos: ChaosSystem, ids: readonly number[], at: number): KafkaNode {
  return chaos.kafka.nodes.find(({ id }) => id === ids.at(at)) ?? (chaos.kafka.nodes[0] as KafkaNode);
}

/** Node ids, those that lead the fewest partitions first. */
async function byLeaderships(chaos: ChaosSystem): Promise<number[]> {
  const admin: KafkaAdmin = createKafkaAdmin({ brokers: chaos.kafka.brokers, clientId: 'chaos' });
  try {
    const leaders = [...(await admin.partitionLeaders(topic)).values()];
    const led = (id: number): number => leaders.filter((leader) => leader === id).length;
    return chaos.kafka.nodes.map(({ id }) => id).sort((a, b) => led(a) - led(b));
  } finally {
    await admin.close();
  }
}
