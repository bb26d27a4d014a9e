import { stringify } from 'yaml';

/** A Kubernetes object, as far as everything here is concerned with it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

const heading = '# Written by `npm run generate` from tools/kube-manifests. Changes here are lost.\n';

/** A file of these objects, one document each. */
export function manifestFile(manifests: readonly object[]): string {
  return heading + manifests.map((manifest) => yaml(manifest)).join('---\n');
}

function yaml(manifest: object): string {
  return stringify(manifest, { lineWidth: 0, singleQuote: true, aliasDuplicateObjects: false });
}
