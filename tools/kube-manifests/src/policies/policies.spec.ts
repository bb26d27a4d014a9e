import { describe, expect, test } from '@jest/globals';
import { known } from '../../test/known.fixture.js';
import { change, oneService, route, scaler } from '../../test/one-service.fixture.js';
import type { Manifest } from '../manifest.js';
import { policies } from './all-policies.js';

type Name = keyof typeof policies;
type Breaking = (manifests: Manifest[]) => unknown;

const declared = await known();
const pod = 'spec.template.spec';
const container = `${pod}.containers.0`;
const set =
  (kind: string, path: string, value: unknown): Breaking =>
  (manifests) =>
    change(manifests, kind, path, value);
const add =
  (manifest: object): Breaking =>
  (manifests) =>
    manifests.push(manifest as Manifest);

/** What each policy refuses: the sentence that it says, and the fault. */
const faults: readonly [Name, string, Breaking][] = [
  ['selectorsMatch', 'Service/alerting selects no pods', set('Service', 'spec.selector', { app: 'alerts' })],
  [
    'selectorsMatch',
    'Service/alerting selects pods of a migration',
    set('Service', 'spec.selector', { 'app.kubernetes.io/name': 'alerting' }),
  ],
  ['selectorsMatch', 'does not select its own pods', set('Deployment', 'spec.selector.matchLabels', { a: 'b' })],
  [
    'selectorsMatch',
    'PodDisruptionBudget/alerting selects no pods',
    set('PodDisruptionBudget', 'spec.selector.matchLabels', { a: 'b' }),
  ],
  [
    'selectorsMatch',
    'spreads pods that are not its own',
    set('Deployment', `${pod}.topologySpreadConstraints.0.labelSelector.matchLabels`, { a: 'b' }),
  ],
  ['disruptionBudgets', 'has 0 disruption budgets', set('PodDisruptionBudget', 'kind', 'Other')],
  ['disruptionBudgets', 'may lack pods', set('Deployment', 'spec.strategy.rollingUpdate.maxUnavailable', 1)],
  [
    'portsAreReal',
    'names 7080 as http, but listens on 7083',
    set('Deployment', `${container}.ports.0.containerPort`, 7080),
  ],
  ['portsAreReal', 'names 7083 as http, but listens on 80', set('ConfigMap', 'data.HTTP_PORT', '80')],
  ['portsAreReal', 'does not name its port 7083', set('Deployment', `${container}.ports.0.name`, undefined)],
  ['servicesLeadToPorts', 'to the admin port', set('Service', 'spec.ports.0.targetPort', 'admin')],
  ['servicesLeadToPorts', 'a port web that nobody names', set('Service', 'spec.ports.0.targetPort', 'web')],
  ['servicesLeadToPorts', 'a port without a name', set('Service', 'spec.ports.0.name', undefined)],
  ['routesLeadToServices', 'leads to alarms:80', add(route('alarms'))],
  [
    'routesLeadToServices',
    'scrapes a port metrics',
    add({ kind: 'PodMonitor', metadata: { name: 'm' }, spec: { podMetricsEndpoints: [{ port: 'metrics' }] } }),
  ],
  ['probesAskHealth', 'has no startupProbe', set('Deployment', `${container}.startupProbe`, undefined)],
  ['probesAskHealth', 'asks /healthz', set('Deployment', `${container}.livenessProbe.httpGet.path`, '/healthz')],
  ['probesAskHealth', 'waits less than 3 s', set('Deployment', `${container}.readinessProbe.timeoutSeconds`, 1)],
  [
    'probesAskHealth',
    'not ask the port named http',
    set('Deployment', `${container}.readinessProbe.httpGet.port`, 'admin'),
  ],
  ['environmentIsKnown', 'HTTP_PROT is no variable', set('ConfigMap', 'data.HTTP_PROT', '80')],
  ['environmentIsKnown', 'DRAIN_TIMEOUT is not', set('ConfigMap', 'data.DRAIN_TIMEOUT', '15')],
  ['environmentIsKnown', 'OIDC_ISSUER is not set', set('ConfigMap', 'data.OIDC_ISSUER', undefined)],
  ['environmentIsKnown', 'DATABASE_URL is a secret', set('ConfigMap', 'data.DATABASE_URL', 'postgres://db')],
  ['environmentIsKnown', 'DATABASE_OWNER_URL is not set', set('Job', `${container}.env`, [])],
  [
    'environmentIsKnown',
    'HTTP_HOST is no variable',
    set('Job', `${container}.envFrom`, [{ configMapRef: { name: 'alerting' } }]),
  ],
  ['secretFilesAreMounted', 'DATABASE_URL_FILE names', set('Deployment', `${pod}.volumes`, [])],
  ['secretFilesAreMounted', 'DATABASE_OWNER_URL_FILE names', set('Job', `${container}.volumeMounts`, [])],
  ['imagesArePinned', 'myelin/alerting:latest', set('Deployment', `${container}.image`, 'myelin/alerting:latest')],
  ['imagesArePinned', 'myelin/alerting, which', set('Deployment', `${container}.image`, 'myelin/alerting')],
  [
    'imagesArePinned',
    'but myelin/alerting:1.0.0 will serve',
    set('Job', `${container}.image`, 'myelin/alerting:1.0.1'),
  ],
  ['podsAreRestricted', 'may run as root', set('Deployment', `${pod}.securityContext.runAsUser`, 0)],
  ['podsAreRestricted', 'no seccomp profile', set('Job', `${pod}.securityContext.seccompProfile`, undefined)],
  ['podsAreRestricted', 'gets a token', set('Deployment', `${pod}.automountServiceAccountToken`, true)],
  ['podsAreRestricted', 'network of its node', set('Deployment', `${pod}.hostNetwork`, true)],
  [
    'podsAreRestricted',
    'write into its root',
    set('Deployment', `${container}.securityContext.readOnlyRootFilesystem`, false),
  ],
  ['podsAreRestricted', 'gain privileges', set('Job', `${container}.securityContext.allowPrivilegeEscalation`, true)],
  [
    'podsAreRestricted',
    'has capabilities',
    set('Deployment', `${container}.securityContext.capabilities.add`, ['CHOWN']),
  ],
  ['noSecretValues', 'Secret/s stands', add({ kind: 'Secret', metadata: { name: 's' }, data: { url: '' } })],
  ['noSecretValues', 'an address with a password', set('ConfigMap', 'data.OIDC_ISSUER', 'https://a:b@issuer.example')],
  ['noSecretValues', 'the value of SMTP_PASSWORD', set('ConfigMap', 'data.SMTP_PASSWORD', 'x')],
  ['resourcesAreStated', 'no limit of memory', set('Deployment', `${container}.resources.limits`, undefined)],
  ['resourcesAreStated', 'requests no processor', set('Job', `${container}.resources.requests.cpu`, undefined)],
  [
    'resourcesAreStated',
    'a heap of 1536 within 1600',
    set('Deployment', `${container}.resources.limits.memory`, '1600Mi'),
  ],
  ['resourcesAreStated', 'no limit of its heap', set('Job', `${container}.env`, [])],
  ['graceFitsTheStop', 'is killed after 25 s, but may need 38 s', set('ConfigMap', 'data.DRAIN_TIMEOUT', '30s')],
  ['graceFitsTheStop', 'no preStop', set('Deployment', `${container}.lifecycle`, undefined)],
  ['autoscalersOwnReplicas', 'says replicas', set('Deployment', 'spec.replicas', 2)],
  ['autoscalersOwnReplicas', 'has two autoscalers', add(scaler('ScaledObject'))],
  [
    'autoscalersOwnReplicas',
    'which is not there',
    set('HorizontalPodAutoscaler', 'spec.scaleTargetRef.name', 'alarms'),
  ],
  ['topicsAreContracts', 'the topic is missing', set('KafkaTopic', 'kind', 'Other')],
  ['topicsAreContracts', 'nobody declares the topic', set('KafkaTopic', 'spec.partitions', 1)],
  ['topicsAreContracts', 'nobody declares the right', set('KafkaUser', 'spec.authorization.acls.0.resource.name', '*')],
  [
    'topicsAreContracts',
    'nobody declares the right',
    set('KafkaUser', 'spec.authorization.acls.0.operations', ['All']),
  ],
  ['kafkaIsGuarded', 'by its listener tls', set('Kafka', 'spec.kafka.listeners.0.tls', false)],
  ['kafkaIsGuarded', 'by its listener tls', set('Kafka', 'spec.kafka.listeners.0.authentication', undefined)],
  ['kafkaIsGuarded', 'does not ask for rights', set('Kafka', 'spec.kafka.authorization', undefined)],
  ['kafkaIsGuarded', 'does not ask for rights', set('Kafka', 'spec.kafka.authorization.superUsers', ['ANONYMOUS'])],
  ['kafkaIsGuarded', 'makes topics', set('Kafka', 'spec.kafka.config', { 'min.insync.replicas': 2 })],
  ['kafkaIsGuarded', 'a single broker has', set('Kafka', 'spec.kafka.config', { 'auto.create.topics.enable': false })],
  ['kafkaIsGuarded', 'belongs to no Kafka', set('KafkaUser', 'metadata.labels', {})],
  ['databasesCanBeRestored', 'no second instance', set('Cluster', 'spec.instances', 1)],
  ['databasesCanBeRestored', 'lets a superuser in', set('Cluster', 'spec.enableSuperuserAccess', true)],
  ['databasesCanBeRestored', 'archives its changes nowhere', set('ObjectStore', 'metadata.name', 'other')],
  ['databasesCanBeRestored', 'is never backed up', set('ScheduledBackup', 'spec.cluster.name', 'other')],
];

describe('policies of manifests', () => {
  test.each(Object.entries(policies))('%s finds no fault in what has none', (_name, policy) => {
    expect(policy(oneService(), declared)).toEqual([]);
  });

  test('each has faults that it must refuse', () => {
    expect([...new Set(faults.map(([name]) => name))].sort()).toEqual(Object.keys(policies).sort());
  });

  test.each(faults)('%s refuses: %s', (name, sentence, breaking) => {
    const manifests = oneService();
    breaking(manifests);
    expect(policies[name](manifests, declared)).toContainEqual(expect.stringContaining(sentence));
  });
});
