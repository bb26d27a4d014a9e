import { labelsOf, podLabels } from '../base/labels.js';
import { kafkaClusterLabel } from '../kafka/topics.js';
import type { Manifest } from '../manifest.js';
import type { ServiceDeclaration } from '../services.js';
import { namespaces, postgresCluster } from './surroundings.js';

const tcp = (port: number | string): object => ({ protocol: 'TCP', port });
const toPods = (matchLabels: Readonly<Record<string, string>>, port: number): object => ({
  ...{ to: [{ podSelector: { matchLabels } }], ports: [tcp(port)] },
});
const inNamespace = (name: string): object => ({
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
});
const names = {
  to: [inNamespace('kube-system')],
  ports: [tcp(53), { protocol: 'UDP', port: 53 }],
};

/** Nothing of ours is reached and reaches anything, but for what stands below. */
const denied: Manifest = policy('default-deny', {
  podSelector: { matchLabels: { 'app.kubernetes.io/part-of': 'myelin' } },
  policyTypes: ['Ingress', 'Egress'],
});

export function networkPolicies(services: readonly ServiceDeclaration[]): Manifest[] {
  const migrating = services.filter(({ migration }) => migration !== undefined);
  return [denied, ...services.map(ofService), ...migrating.map(ofMigration)];
}

/** Users come through the gateway, Prometheus to the admin port alone; services never speak to each other. */
function ofService(service: ServiceDeclaration): Manifest {
  const { name, migration, callsOut } = service;
  return policy(name, {
    podSelector: { matchLabels: podLabels(name, 'service') },
    policyTypes: ['Ingress', 'Egress'],
    ingress: [
      { from: [inNamespace(namespaces.gateway)], ports: [tcp('http')] },
      { from: [inNamespace(namespaces.observability)], ports: [tcp('admin')] },
    ],
    egress: [
      names,
      toPods(kafkaClusterLabel, 9093),
      ...(migration === undefined ? [] : [toPods({ 'cnpg.io/cluster': postgresCluster(name) }, 5432)]),
      { to: [inNamespace(namespaces.observability)], ports: [tcp(4318)] },
      ...(callsOut.length === 0 ? [] : [{ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }], ports: callsOut.map(tcp) }]),
    ],
  });
}

function ofMigration({ name }: ServiceDeclaration): Manifest {
  return policy(`${name}-migration`, {
    podSelector: { matchLabels: podLabels(name, 'migration') },
    policyTypes: ['Ingress', 'Egress'],
    egress: [names, toPods({ 'cnpg.io/cluster': postgresCluster(name) }, 5432)],
  });
}

function policy(name: string, spec: object): Manifest {
  const labels = { 'app.kubernetes.io/part-of': labelsOf(name)['app.kubernetes.io/part-of'] ?? '' };
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name, labels }, spec };
}
