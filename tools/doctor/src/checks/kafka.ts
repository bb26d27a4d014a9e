import type { Check } from '../examine.js';
import { type Finding, error, info, ok, warning } from '../finding.js';
import { askBroker } from '../kafka/broker-version.js';
import { whyUnreachable } from '../kafka/reachable.js';
import { withAdmin } from '../kafka/with-admin.js';
import { reasonOf } from '../without-secrets.js';

/** Whether each configured broker is there, of which release, and how many the cluster has. */
export const kafka: Check = async ({ config }) => {
  const { brokers } = config;
  if (brokers === undefined)
    return [info('kafka', 'KAFKA_BROKERS is not set: no Kafka is looked at', 'npm run stack -- up')];
  const [each, cluster] = await Promise.all([Promise.all(brokers.map(oneBroker)), clusterFinding(config)]);
  return [...each, ...cluster];
};

async function oneBroker(broker: string): Promise<Finding> {
  const why = await whyUnreachable(broker);
  if (why !== undefined) {
    const remedy = `start the broker, or set KAFKA_BROKERS to brokers that run (npm run stack -- up starts one and prints it)`;
    return error('kafka', `the broker ${broker} cannot be reached: ${why}`, remedy);
  }
  const answer = await askBroker(broker);
  if (answer === undefined) {
    const remedy =
      'see whether that port belongs to a Kafka broker that does not hang, to a listener of it without TLS and SASL';
    return error('kafka', `who listens at ${broker} does not answer as a Kafka broker`, remedy);
  }
  const { release = 'older than 3.0' } = answer;
  return release === '4.0' || release === '4.1 or newer'
    ? ok('kafka', `the broker ${broker} answers: Kafka ${release}`)
    : warning(
        'kafka',
        `the broker ${broker} is Kafka ${release}`,
        'Myelin is tested with Kafka 4.3: bring it to 4.0 or newer',
      );
}

/** One broker that listens may belong to a cluster that has lost its controller. */
async function clusterFinding(config: Parameters<Check>[0]['config']): Promise<Finding[]> {
  return withAdmin(config, async (admin) => {
    try {
      const { brokers, controllerId } = await admin.describeCluster();
      if (controllerId === undefined) {
        return [
          error(
            'kafka.cluster',
            'the cluster has no controller',
            "see the brokers' logs: too few voters of the quorum run",
          ),
        ];
      }
      return [ok('kafka.cluster', `${brokers.length} brokers, controller ${controllerId}`)];
    } catch (thrown) {
      const remedy =
        "see the broker's log; brokers have to be reachable under the names that they advertise (advertised.listeners)";
      return [error('kafka.cluster', `the cluster does not answer: ${reasonOf(thrown)}`, remedy)];
    }
  });
}
