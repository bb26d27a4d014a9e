import { readFileSync, readdirSync } from 'node:fs';
import { parse } from 'yaml';
import type { Manifest } from '../manifest.js';

const rulesFolder = new URL('../../../../deploy/prometheus/rules/', import.meta.url);

/** Every pod of a service, by its admin port; `job` is the service's name, as rules and dashboards have it. */
export const podMonitor: Manifest = {
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'PodMonitor',
  metadata: { name: 'myelin' },
  spec: {
    selector: { matchLabels: { 'app.kubernetes.io/part-of': 'myelin', 'app.kubernetes.io/component': 'service' } },
    jobLabel: 'app.kubernetes.io/name',
    podTargetLabels: ['rollouts-pod-template-hash'],
    podMetricsEndpoints: [{ port: 'admin', path: '/metrics', interval: '15s', scrapeTimeout: '10s' }],
  },
};

/** The rules that `deploy/prometheus` has. */
export function prometheusRules(): Manifest[] {
  return readdirSync(rulesFolder)
    .sort()
    .map((file) => ({
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PrometheusRule',
      metadata: { name: `myelin-${file.replace(/\.yml$/, '')}` },
      spec: parse(readFileSync(new URL(file, rulesFolder), 'utf8')) as object,
    }));
}
