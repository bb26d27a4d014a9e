import type { Manifest } from '../manifest.js';

/** As far as policies look at them; everything may be absent in what is rendered. */
export interface Probe {
  readonly httpGet?: { readonly path?: string; readonly port?: string | number };
  readonly timeoutSeconds?: number;
}
export interface EnvironmentEntry {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef?: { readonly name: string } };
}
export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly env?: readonly EnvironmentEntry[];
  readonly envFrom?: readonly { readonly configMapRef?: { readonly name: string } }[];
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly lifecycle?: { readonly preStop?: { readonly sleep?: { readonly seconds: number } } };
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
  readonly securityContext?: Readonly<Record<string, unknown>>;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}
export interface Volume {
  readonly name: string;
  readonly projected?: {
    readonly sources: readonly { readonly secret?: { readonly items?: readonly { readonly path: string }[] } }[];
  };
}
export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly securityContext?: Readonly<Record<string, unknown>>;
  readonly terminationGracePeriodSeconds?: number;
  readonly automountServiceAccountToken?: boolean;
  readonly topologySpreadConstraints?: readonly { readonly labelSelector?: Selector }[];
  readonly hostNetwork?: boolean;
  readonly volumes?: readonly Volume[];
}
export interface Selector {
  readonly matchLabels?: Labels;
}
export type Labels = Readonly<Record<string, string>>;

export interface Workload {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  /** `app.kubernetes.io/name` of its pods. */
  readonly service: string;
  readonly labels: Labels;
  readonly selector: Selector | undefined;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly pod: PodSpec;
}

interface WorkloadSpec {
  readonly selector?: Selector;
  readonly template?: { readonly metadata?: { readonly labels?: Labels }; readonly spec: PodSpec };
}

/** Whatever makes pods of ours. */
export function workloads(manifests: readonly Manifest[]): Workload[] {
  return manifests
    .filter(({ kind }) => kind === 'Deployment' || kind === 'Job')
    .flatMap((manifest) => {
      const { selector, template } = manifest['spec'] as WorkloadSpec;
      if (template === undefined) return [];
      const { kind, metadata } = manifest;
      const labels = template.metadata?.labels ?? {};
      const service = labels['app.kubernetes.io/name'] ?? metadata.name;
      const spec = manifest['spec'] as Readonly<Record<string, unknown>>;
      return [{ id: idOf(manifest), kind, name: metadata.name, service, labels, selector, spec, pod: template.spec }];
    });
}

export const deployments = (manifests: readonly Manifest[]): Workload[] =>
  workloads(manifests).filter(({ kind }) => kind === 'Deployment');

export function ofKind(manifests: readonly Manifest[], ...kinds: readonly string[]): Manifest[] {
  return manifests.filter(({ kind }) => kinds.includes(kind));
}

export const idOf = ({ kind, metadata }: Manifest): string => `${kind}/${metadata.name}`;

export const allContainers = ({ pod }: Workload): Container[] => [...(pod.initContainers ?? []), ...pod.containers];

/** An empty selector matches everything, as Kubernetes has it. */
export function matches(selector: Labels | undefined, labels: Labels): boolean {
  return Object.entries(selector ?? {}).every(([name, value]) => labels[name] === value);
}

/** What a container finds in its environment: of ConfigMaps, then its own. */
export function environmentOf(container: Container, manifests: readonly Manifest[]): EnvironmentEntry[] {
  const maps = (container.envFrom ?? []).flatMap(({ configMapRef }) => {
    const found = ofKind(manifests, 'ConfigMap').find(({ metadata }) => metadata.name === configMapRef?.name);
    const data = (found?.['data'] ?? {}) as Readonly<Record<string, string>>;
    return Object.entries(data).map(([name, value]) => ({ name, value }));
  });
  return [...maps, ...(container.env ?? [])];
}
