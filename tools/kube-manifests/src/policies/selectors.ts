import type { Manifest } from '../manifest.js';
import type { Policy } from './policy.js';
import { type Labels, type Selector, deployments, idOf, matches, ofKind, workloads } from './workloads.js';

/** Everything that selects pods selects some, and no Service those of a migration. */
export const selectorsMatch: Policy = (manifests) => {
  const all = workloads(manifests);
  const problems = deployments(manifests).flatMap(({ id, selector, labels, pod }) => [
    ...(matches(selector?.matchLabels, labels) ? [] : [`${id} does not select its own pods`]),
    ...(pod.topologySpreadConstraints ?? [])
      .filter(({ labelSelector }) => !matches(labelSelector?.matchLabels, labels))
      .map(() => `${id} spreads pods that are not its own`),
  ]);
  const selecting = ofKind(manifests, 'Service', 'PodDisruptionBudget', 'PodMonitor', 'NetworkPolicy');
  for (const manifest of selecting) {
    const selector = selectorOf(manifest);
    const selected = all.filter(({ labels }) => matches(selector, labels));
    if (isOfOthers(selector)) continue;
    if (selected.length === 0) problems.push(`${idOf(manifest)} selects no pods`);
    if (manifest.kind === 'Service' && selected.some(({ kind }) => kind === 'Job')) {
      problems.push(`${idOf(manifest)} selects pods of a migration`);
    }
  }
  return problems;
};

/** Each Deployment has exactly one budget, which lets one pod go, and rolls without a pod less. */
export const disruptionBudgets: Policy = (manifests) =>
  deployments(manifests).flatMap(({ id, labels, spec }) => {
    const budgets = ofKind(manifests, 'PodDisruptionBudget').filter((one) => matches(selectorOf(one), labels));
    const rolling = (spec['strategy'] as { rollingUpdate?: { maxUnavailable?: unknown } } | undefined)?.rollingUpdate;
    return [
      ...(budgets.length === 1 ? [] : [`${id} has ${budgets.length} disruption budgets, not one`]),
      ...(rolling?.maxUnavailable === 0 ? [] : [`${id} may lack pods while it rolls: maxUnavailable is not 0`]),
    ];
  });

function selectorOf({ kind, ...manifest }: Manifest): Labels {
  const spec = manifest['spec'] as { selector?: Selector & Labels; podSelector?: Selector };
  if (kind === 'Service') return spec.selector ?? {};
  return (kind === 'NetworkPolicy' ? spec.podSelector : spec.selector)?.matchLabels ?? {};
}

/** Pods that an operator makes are not among what is rendered. */
function isOfOthers(selector: Labels): boolean {
  return Object.keys(selector).some((name) => name.startsWith('strimzi.io/') || name.startsWith('cnpg.io/'));
}
