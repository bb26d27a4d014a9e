import type { Manifest } from '../manifest.js';
import type { Policy } from './policy.js';
import { type Container, deployments, environmentOf, idOf, matches, ofKind } from './workloads.js';

const portVariables = { http: 'HTTP_PORT', admin: 'ADMIN_PORT' } as const;
const probePaths = { startupProbe: '/health/startup', livenessProbe: '/health/live', readinessProbe: '/health/ready' };

/** Ports have names, and are those that the service listens on. */
export const portsAreReal: Policy = (manifests, { schemas }) =>
  deployments(manifests).flatMap(({ id, service, pod }) =>
    pod.containers.flatMap((container) => {
      const unnamed = (container.ports ?? []).filter(({ name }) => name === undefined);
      const variables = Object.values(schemas.get(service)?.service ?? {});
      const wrong = Object.entries(portVariables).flatMap(([name, variable]) => {
        const told = environmentOf(container, manifests).find((entry) => entry.name === variable)?.value;
        const listening = told ?? variables.find((one) => one.name === variable)?.fallback;
        const declared = container.ports?.find((port) => port.name === name)?.containerPort;
        return String(declared) === listening
          ? []
          : [`${id} names ${declared} as ${name}, but listens on ${listening}`];
      });
      return [...unnamed.map(({ containerPort }) => `${id} does not name its port ${containerPort}`), ...wrong];
    }),
  );

/** Services lead to ports by name, and never to the admin port. */
export const servicesLeadToPorts: Policy = (manifests) =>
  ofKind(manifests, 'Service').flatMap((manifest) => {
    const { ports = [], selector } = manifest['spec'] as ServiceSpec;
    const containers = deployments(manifests)
      .filter(({ labels }) => matches(selector, labels))
      .flatMap(({ pod }) => pod.containers);
    return ports.flatMap(({ name, targetPort }) => {
      if (name === undefined) return [`${idOf(manifest)} has a port without a name`];
      if (targetPort === 'admin') return [`${idOf(manifest)} leads users to the admin port`];
      return hasPort(containers, targetPort)
        ? []
        : [`${idOf(manifest)} leads to a port ${targetPort} that nobody names`];
    });
  });

/** Routes lead to Services and ports that are there; monitors scrape ports that pods name. */
export const routesLeadToServices: Policy = (manifests) => [
  ...ofKind(manifests, 'HTTPRoute').flatMap((manifest) => {
    const { rules = [] } = manifest['spec'] as { rules?: readonly { backendRefs?: readonly Backend[] }[] };
    return rules
      .flatMap(({ backendRefs = [] }) => backendRefs)
      .filter(({ name, port }) => !hasService(manifests, name, port))
      .map(({ name, port }) => `${idOf(manifest)} leads to ${name}:${port}, which is no Service`);
  }),
  ...ofKind(manifests, 'PodMonitor').flatMap((manifest) => {
    const { podMetricsEndpoints = [] } = manifest['spec'] as { podMetricsEndpoints?: readonly { port?: string }[] };
    const containers = deployments(manifests).flatMap(({ pod }) => pod.containers);
    return podMetricsEndpoints
      .filter(({ port }) => !hasPort(containers, port))
      .map(({ port }) => `${idOf(manifest)} scrapes a port ${port} that nobody names`);
  }),
];

/** The three probes ask what service-kit answers, of the public port, and wait as long as a check may take. */
export const probesAskHealth: Policy = (manifests) =>
  deployments(manifests).flatMap(({ id, pod }) =>
    pod.containers.flatMap((container) =>
      Object.entries(probePaths).flatMap(([kind, path]) => {
        const probe = container[kind as keyof typeof probePaths];
        if (probe === undefined) return [`${id} has no ${kind}`];
        return [
          ...(probe.httpGet?.path === path ? [] : [`the ${kind} of ${id} asks ${probe.httpGet?.path}, not ${path}`]),
          ...(probe.httpGet?.port === 'http' ? [] : [`the ${kind} of ${id} does not ask the port named http`]),
          ...((probe.timeoutSeconds ?? 1) >= 3 ? [] : [`the ${kind} of ${id} waits less than 3 s`]),
        ];
      }),
    ),
  );

interface ServiceSpec {
  readonly selector?: Readonly<Record<string, string>>;
  readonly ports?: readonly { readonly name?: string; readonly port: number; readonly targetPort?: string | number }[];
}
interface Backend {
  readonly name: string;
  readonly port?: number;
}

function hasPort(containers: readonly Container[], wanted: string | number | undefined): boolean {
  return containers.some(({ ports = [] }) => ports.some(({ name }) => name === wanted));
}

function hasService(manifests: readonly Manifest[], name: string, port: number | undefined): boolean {
  const found = ofKind(manifests, 'Service').find(({ metadata }) => metadata.name === name);
  return ((found?.['spec'] as ServiceSpec | undefined)?.ports ?? []).some((one) => one.port === port);
}
