import { type EventContract, type GroupConsumer } from '@myelin/contracts';
import { labelsOf } from '../base/labels.js';
import { lagObserver } from '../kafka/users.js';
import type { Manifest } from '../manifest.js';
import type { ServiceDeclaration } from '../services.js';
import { brokers } from './surroundings.js';

/** Quickly up, and down one pod after the other: each that goes makes others take over what it held. */
const behavior = {
  scaleUp: { stabilizationWindowSeconds: 0, policies: [{ type: 'Percent', value: 100, periodSeconds: 30 }] },
  scaleDown: { stabilizationWindowSeconds: 600, policies: [{ type: 'Pods', value: 1, periodSeconds: 120 }] },
};

/** Of those that answer requests. */
export function horizontalAutoscalers(services: readonly ServiceDeclaration[]): Manifest[] {
  return services.flatMap(({ name, scaling: { least, most, processorPercent } }) => {
    if (processorPercent === undefined) return [];
    const target = { type: 'Utilization', averageUtilization: processorPercent };
    return [
      {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name, labels: labelsOf(name) },
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
          minReplicas: least,
          maxReplicas: most,
          metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }],
          behavior,
        },
      },
    ];
  });
}

const authentication = 'kafka-lag';

/** Of those that consume, by what their groups have not read; never more of them than there are partitions. */
export function lagAutoscalers(services: readonly ServiceDeclaration[], events: readonly EventContract[]): Manifest[] {
  const scaled = services.flatMap(({ name, scaling: { least, most, recordsBehind } }) => {
    if (recordsBehind === undefined) return [];
    const triggers = groupsOf(name, events).map(({ topic, group }) => ({
      type: 'kafka',
      metadata: {
        ...{ bootstrapServers: brokers, consumerGroup: group, topic, lagThreshold: String(recordsBehind) },
        ...{ offsetResetPolicy: 'earliest', sasl: 'scram_sha512', tls: 'enable' },
      },
      authenticationRef: { name: authentication },
    }));
    return [
      {
        apiVersion: 'keda.sh/v1alpha1',
        kind: 'ScaledObject',
        metadata: { name, labels: labelsOf(name) },
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
          minReplicaCount: least,
          maxReplicaCount: most,
          advanced: { horizontalPodAutoscalerConfig: { behavior } },
          // Without Kafka nobody knows the lag: as many go on as before it went.
          fallback: { failureThreshold: 3, replicas: least, behavior: 'currentReplicasIfHigher' },
          triggers,
        },
      },
    ];
  });
  return [...scaled, lagAuthentication()];
}

/** The operator of Strimzi writes the Secrets. */
function lagAuthentication(): Manifest {
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'TriggerAuthentication',
    metadata: { name: authentication },
    spec: {
      secretTargetRef: [
        { parameter: 'username', name: 'kafka-lag-observer', key: 'username' },
        { parameter: 'password', name: lagObserver, key: 'password' },
        { parameter: 'ca', name: 'myelin-cluster-ca-cert', key: 'ca.crt' },
      ],
    },
  };
}

function groupsOf(service: string, events: readonly EventContract[]): { topic: string; group: string }[] {
  const found = events.flatMap(({ topic, consumers }) =>
    consumers
      .filter((one): one is GroupConsumer => one.kind === 'group' && one.service === service)
      .map(({ group }) => [group, topic.name] as const),
  );
  return [...new Map(found)].map(([group, topic]) => ({ topic, group }));
}
