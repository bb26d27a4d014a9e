import { labelsOf, podLabels } from '../base/labels.js';
import type { Manifest } from '../manifest.js';
import type { ServiceDeclaration } from '../services.js';
import { prometheusUrl } from './surroundings.js';

const template = 'answers-without-failure';
const failed = 'http_response_status_code=~"5.."';

/** Of those that answer requests; those that consume have no share of traffic that could be given to a canary. */
export function canaried(services: readonly ServiceDeclaration[]): readonly ServiceDeclaration[] {
  return services.filter(({ scaling }) => scaling.processorPercent !== undefined);
}

/** A new version gets a tenth of the pods, then a third, and goes on only while it fails no more than one answer in a hundred. */
export function rollouts(services: readonly ServiceDeclaration[]): Manifest[] {
  return [
    ...canaried(services).map(({ name }) => ({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
      metadata: { name, labels: labelsOf(name) },
      spec: {
        minReadySeconds: 5,
        revisionHistoryLimit: 5,
        progressDeadlineSeconds: 660,
        selector: { matchLabels: podLabels(name, 'service') },
        workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name, scaleDown: 'onsuccess' },
        strategy: { canary: { maxUnavailable: 0, maxSurge: 1, steps: [10, 33].flatMap((share) => step(name, share)) } },
      },
    })),
    analysis,
  ];
}

function step(service: string, share: number): object[] {
  const args = [
    { name: 'service', value: service },
    { name: 'hash', valueFrom: { podTemplateHashValue: 'Latest' } },
  ];
  return [
    { setWeight: share },
    { pause: { duration: '5m' } },
    { analysis: { templates: [{ templateName: template }], args } },
  ];
}

const rate = (selector: string): string =>
  `sum(rate(http_server_request_duration_seconds_count{job="{{args.service}}",rollouts_pod_template_hash="{{args.hash}}"${selector}}[5m]))`;

const analysis: Manifest = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisTemplate',
  metadata: { name: template },
  spec: {
    args: [{ name: 'service' }, { name: 'hash' }],
    metrics: [
      {
        name: template,
        ...{ interval: '1m', count: 5, failureLimit: 1 },
        successCondition: 'len(result) > 0 && !isNaN(result[0]) && result[0] <= 0.01',
        failureCondition: 'len(result) > 0 && result[0] > 0.01',
        provider: {
          prometheus: {
            address: prometheusUrl,
            query: `(${rate(`,${failed}`)} or vector(0)) / ${rate('')}`,
          },
        },
      },
    ],
  },
};
