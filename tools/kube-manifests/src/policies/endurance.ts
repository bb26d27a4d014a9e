import type { ConfigSchema } from '@myelin/config';
import type { Policy } from './policy.js';
import { allContainers, deployments, environmentOf, ofKind, idOf, workloads } from './workloads.js';

/** Of the limit; the rest is for buffers outside of V8's heap, code and stacks. */
const largestHeapShare = 0.7;
/** For the process to be gone after its own deadline. */
const spareSeconds = 3;

/** Requests of processor and memory, and a limit of memory that V8's heap fits into. */
export const resourcesAreStated: Policy = (manifests) =>
  workloads(manifests).flatMap((workload) =>
    allContainers(workload).flatMap((container) => {
      const { requests, limits } = container.resources ?? {};
      const limitMiB = /^(\d+)Mi$/.exec(limits?.['memory'] ?? '')?.[1];
      const options = environmentOf(container, manifests).find(({ name }) => name === 'NODE_OPTIONS')?.value;
      const heapMiB = /--max-old-space-size=(\d+)/.exec(options ?? '')?.[1];
      const rules: [boolean, string][] = [
        [requests?.['cpu'] !== undefined && requests['memory'] !== undefined, 'requests no processor or no memory'],
        [limitMiB !== undefined, 'has no limit of memory in Mi'],
        [heapMiB !== undefined, 'has no limit of its heap'],
        [Number(heapMiB) <= Number(limitMiB) * largestHeapShare, `has a heap of ${heapMiB} within ${limitMiB} MiB`],
      ];
      return rules.filter(([holds]) => !holds).map(([, problem]) => `${workload.id} ${problem}`);
    }),
  );

/** The pod is killed no sooner than its service has given up by itself. */
export const graceFitsTheStop: Policy = (manifests, { schemas }) =>
  deployments(manifests).flatMap(({ id, service, pod }) =>
    pod.containers.flatMap((container) => {
      const told = environmentOf(container, manifests).find(({ name }) => name === 'DRAIN_TIMEOUT')?.value;
      const drainMs = drainMsOf(schemas.get(service)?.service ?? {}, told);
      if (drainMs === undefined) return [`${id} does not say how long it drains`];
      const waits = container.lifecycle?.preStop?.sleep?.seconds ?? 0;
      const needed = waits + drainMs / 1_000 + spareSeconds;
      const grace = pod.terminationGracePeriodSeconds ?? 30;
      return [
        ...(waits > 0 ? [] : [`${id} ends before balancers know of it: no preStop`]),
        ...(grace >= needed ? [] : [`${id} is killed after ${grace} s, but may need ${needed} s`]),
      ];
    }),
  );

function drainMsOf(schema: ConfigSchema, told: string | undefined): number | undefined {
  const variable = Object.values(schema).find(({ name }) => name === 'DRAIN_TIMEOUT');
  const parsed = variable?.parse(told ?? variable.fallback ?? '');
  return parsed === undefined || 'problem' in parsed ? undefined : Number(parsed.value);
}

interface Scaling {
  readonly scaleTargetRef?: { readonly kind?: string; readonly name: string };
}

/** Who is scaled is there, by one autoscaler alone, and says nowhere how many it is. */
export const autoscalersOwnReplicas: Policy = (manifests) => {
  const scalers = ofKind(manifests, 'HorizontalPodAutoscaler', 'ScaledObject');
  const seen = new Set<string>();
  return scalers.flatMap((scaler) => {
    const { kind = 'Deployment', name = '' } = (scaler['spec'] as Scaling).scaleTargetRef ?? {};
    const target = `${kind}/${name}`;
    const found = manifests.find((manifest) => idOf(manifest) === target);
    if (found === undefined) return [`${idOf(scaler)} scales ${target}, which is not there`];
    const problems = seen.has(target) ? [`${target} has two autoscalers`] : [];
    seen.add(target);
    const { replicas } = found['spec'] as { replicas?: number };
    return replicas === undefined ? problems : [...problems, `${target} says replicas, but ${idOf(scaler)} owns them`];
  });
};
