import type { Policy } from './policy.js';
import { allContainers, environmentOf, deployments, idOf, ofKind, workloads } from './workloads.js';

const pinned = /^[a-z0-9][a-z0-9./:_-]*(:v?\d+\.\d+\.\d+[A-Za-z0-9.-]*|@sha256:[0-9a-f]{64})$/;

/** A version or a digest, never `latest`; migrations run with the image that will then serve. */
export const imagesArePinned: Policy = (manifests) => {
  const images = new Map(deployments(manifests).map(({ service, pod }) => [service, pod.containers[0]?.image]));
  return workloads(manifests).flatMap((workload) =>
    allContainers(workload).flatMap(({ image = '' }) => [
      ...(pinned.test(image) ? [] : [`${workload.id} runs ${image || 'no image'}, which is not pinned`]),
      ...(workload.kind === 'Job' && images.get(workload.service) !== image
        ? [`${workload.id} migrates with ${image}, but ${images.get(workload.service)} will serve`]
        : []),
    ]),
  );
};

/** The `restricted` level of pod security, read-only roots, no token. */
export const podsAreRestricted: Policy = (manifests) =>
  workloads(manifests).flatMap((workload) => {
    const { id, pod } = workload;
    const { runAsNonRoot, runAsUser, seccompProfile } = (pod.securityContext ?? {}) as PodSecurity;
    const rules: [boolean, string][] = [
      [runAsNonRoot === true && typeof runAsUser === 'number' && runAsUser > 0, 'may run as root'],
      [seccompProfile?.type === 'RuntimeDefault', 'has no seccomp profile'],
      [pod.automountServiceAccountToken === false, 'gets a token of its service account'],
      [pod.hostNetwork !== true, 'is in the network of its node'],
      ...allContainers(workload).flatMap(({ securityContext = {} }): [boolean, string][] => {
        const { allowPrivilegeEscalation, readOnlyRootFilesystem, capabilities } = securityContext as ContainerSecurity;
        return [
          [allowPrivilegeEscalation === false, 'may gain privileges'],
          [readOnlyRootFilesystem === true, 'may write into its root'],
          [capabilities?.drop?.includes('ALL') === true && (capabilities.add ?? []).length === 0, 'has capabilities'],
        ];
      }),
    ];
    return rules.filter(([holds]) => !holds).map(([, problem]) => `${id} ${problem}`);
  });

const userInfo = /\/\/[^/\s:@]*:[^/\s@]+@/;
const secretName = /password|secret|token|api[-_]?key|private[-_]?key/i;

/** Secrets are referred to by name; no value of one stands in a manifest. */
export const noSecretValues: Policy = (manifests) => [
  ...ofKind(manifests, 'Secret').map((manifest) => `${idOf(manifest)} stands among the manifests`),
  ...manifests
    .filter((manifest) => userInfo.test(JSON.stringify(manifest)))
    .map((manifest) => `${idOf(manifest)} has an address with a password in it`),
  ...workloads(manifests).flatMap((workload) =>
    allContainers(workload)
      .flatMap((container) => environmentOf(container, manifests))
      .filter(({ name, value }) => secretName.test(name) && !name.endsWith('_FILE') && value !== undefined)
      .map(({ name }) => `${workload.id} has the value of ${name} in its environment`),
  ),
];

interface PodSecurity {
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly seccompProfile?: { readonly type?: string };
}
interface ContainerSecurity {
  readonly allowPrivilegeEscalation?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
}
