import { events } from '@myelin/contracts';
import { kustomization } from '../kustomization.js';
import { type Manifest, manifestFile } from '../manifest.js';
import { services } from '../services.js';
import { horizontalAutoscalers, lagAutoscalers } from './autoscaling.js';
import { canaried, rollouts } from './canary.js';
import { certificate, gatewayRoutes } from './edge.js';
import { externalSecrets } from './external-secrets.js';
import { networkPolicies } from './network-policies.js';
import { podMonitor, prometheusRules } from './observing.js';

/** Each can be taken without the others, and with any of them; `argo-rollouts` comes last. */
const components: Readonly<Record<string, () => Manifest[]>> = {
  'network-policies': () => networkPolicies(services),
  hpa: () => horizontalAutoscalers(services),
  keda: () => lagAutoscalers(services, events),
  'gateway-api': () => gatewayRoutes(services),
  'cert-manager': () => [certificate(services)],
  'service-monitors': () => [podMonitor, ...prometheusRules()],
  'external-secrets': () => externalSecrets(services),
  'argo-rollouts': () => rollouts(services),
};

export const componentNames: readonly string[] = Object.keys(components);

export function componentFiles(): [path: string, content: string][] {
  return Object.entries(components).flatMap(([name, manifests]): [string, string][] => {
    const patches = name === 'argo-rollouts' ? { patches: [scaledAsRollouts] } : {};
    const own = kustomization('Component', { resources: ['manifests.yaml'], ...patches });
    return [
      [`k8s/components/${name}/manifests.yaml`, manifestFile(manifests())],
      [`k8s/components/${name}/kustomization.yaml`, manifestFile([own])],
    ];
  });
}

/** Where there are autoscalers, they scale what makes the pods now. */
const scaledAsRollouts = {
  target: {
    kind: 'HorizontalPodAutoscaler',
    name: canaried(services)
      .map(({ name }) => name)
      .join('|'),
  },
  patch: [
    '- { op: replace, path: /spec/scaleTargetRef/apiVersion, value: argoproj.io/v1alpha1 }',
    '- { op: replace, path: /spec/scaleTargetRef/kind, value: Rollout }',
    '',
  ].join('\n'),
};
