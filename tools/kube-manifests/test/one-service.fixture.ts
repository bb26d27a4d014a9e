import { events } from '@myelin/contracts';
import { disruptionBudget, service as serviceOf } from '../src/base/companions.js';
import { deployment } from '../src/base/deployment.js';
import { migrationJob } from '../src/base/migration-job.js';
import { kafkaTopics } from '../src/kafka/topics.js';
import { kafkaUsers } from '../src/kafka/users.js';
import type { Manifest } from '../src/manifest.js';
import { postgresClusters } from '../src/postgres/clusters.js';
import { services } from '../src/services.js';

type Fields = Record<string, unknown>;

/** Everything of alerting, and of Kafka, as it is rendered: free to be broken, and without a fault until then. */
export function oneService(): Manifest[] {
  const [declaration] = services.filter(({ name }) => name === 'alerting');
  if (declaration === undefined) throw new TypeError('alerting is not declared');
  const settings = { HTTP_HOST: '0.0.0.0', KAFKA_BROKERS: 'kafka:9093', OIDC_ISSUER: 'https://issuer.example' };
  const made = [
    deployment(declaration),
    serviceOf(declaration),
    disruptionBudget(declaration),
    migrationJob(declaration, '1.0.0', []),
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'alerting' }, data: settings },
    scaler('HorizontalPodAutoscaler'),
    route('alerting'),
    kafka,
    ...postgresClusters([declaration]),
    ...kafkaTopics(events),
    ...kafkaUsers(events),
  ];
  const text = JSON.stringify(made).replaceAll('"myelin/alerting"', '"myelin/alerting:1.0.0"');
  return JSON.parse(text) as Manifest[];
}

const kafka: Manifest = {
  apiVersion: 'kafka.strimzi.io/v1',
  kind: 'Kafka',
  metadata: { name: 'myelin' },
  spec: {
    kafka: {
      listeners: [{ name: 'tls', tls: true, authentication: { type: 'scram-sha-512' } }],
      authorization: { type: 'simple' },
      config: { 'auto.create.topics.enable': false, 'min.insync.replicas': 2 },
    },
  },
};

export const scaler = (kind: string): Manifest => ({
  apiVersion: 'autoscaling/v2',
  ...{ kind, metadata: { name: 'alerting' }, spec: { scaleTargetRef: { kind: 'Deployment', name: 'alerting' } } },
});

export const route = (backend: string): Manifest => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name: 'alerting' },
  spec: { rules: [{ backendRefs: [{ name: backend, port: 80 }] }] },
});

/** The field at a path of an object of a kind, and what holds it. @throws TypeError when there is none */
export function change(manifests: Manifest[], kind: string, path: string, value: unknown): void {
  let holder = manifests.find((manifest) => manifest.kind === kind) as Fields | undefined;
  const steps = path.split('.');
  for (const step of steps.slice(0, -1)) holder = holder?.[step] as Fields | undefined;
  if (holder === undefined) throw new TypeError(`${kind} has no ${path}`);
  const last = steps.at(-1) ?? '';
  if (value === undefined) delete holder[last];
  else holder[last] = value;
}
