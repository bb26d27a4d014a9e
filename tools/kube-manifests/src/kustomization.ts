const versions = { Kustomization: 'v1beta1', Component: 'v1alpha1' } as const;

export function kustomization(kind: keyof typeof versions, content: object): object {
  return { apiVersion: `kustomize.config.k8s.io/${versions[kind]}`, kind, ...content };
}
