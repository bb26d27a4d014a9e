import type { SecretFile } from '../services.js';

/** Of the user that the images bring. */
const userId = 10_001;
const secretFolder = '/run/secrets/myelin';
const secretVolume = 'secrets';

/** What the `restricted` level of pod security demands, and what it does not: read-only roots, no token, no service links. */
export const restrictedPod = {
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  securityContext: {
    runAsNonRoot: true,
    runAsUser: userId,
    runAsGroup: userId,
    fsGroup: userId,
    fsGroupChangePolicy: 'OnRootMismatch',
    seccompProfile: { type: 'RuntimeDefault' },
  },
} as const;

export const restrictedContainer = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
} as const;

const fileName = ({ variable }: SecretFile): string => variable.toLowerCase().replaceAll('_', '-');

/** `<variable>_FILE` per secret: values stand neither in the environment nor in a manifest. */
export function secretEnvironment(files: readonly SecretFile[]): object[] {
  return files.map((file) => ({ name: `${file.variable}_FILE`, value: `${secretFolder}/${fileName(file)}` }));
}

export function secretVolumes(files: readonly SecretFile[]): object[] {
  if (files.length === 0) return [];
  const sources = files.map((file) => ({
    secret: { name: file.secret, items: [{ key: file.key, path: fileName(file) }] },
  }));
  return [{ name: secretVolume, projected: { defaultMode: 0o440, sources } }];
}

export function secretMounts(files: readonly SecretFile[]): object[] {
  return files.length === 0 ? [] : [{ name: secretVolume, mountPath: secretFolder, readOnly: true }];
}
