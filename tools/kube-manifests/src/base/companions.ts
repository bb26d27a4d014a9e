import type { Manifest } from '../manifest.js';
import type { ServiceDeclaration } from '../services.js';
import { sharedClaimName } from './deployment.js';
import { labelsOf, podLabels } from './labels.js';

/** For users and devices. The admin port is in no Service: who scrapes asks the pods. */
export function service({ name }: ServiceDeclaration): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, labels: labelsOf(name) },
    spec: {
      selector: podLabels(name, 'service'),
      ports: [{ name: 'http', port: 80, targetPort: 'http', appProtocol: 'http' }],
    },
  };
}

/** One at a time, so that nodes can be emptied wherever there is a single pod, too. */
export function disruptionBudget({ name }: ServiceDeclaration): Manifest {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name, labels: labelsOf(name) },
    spec: {
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: { matchLabels: podLabels(name, 'service') },
    },
  };
}

export function serviceAccount({ name }: ServiceDeclaration): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, labels: labelsOf(name) },
    automountServiceAccountToken: false,
  };
}

export function sharedClaim({ name }: ServiceDeclaration, size: string): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: sharedClaimName(name), labels: labelsOf(name) },
    spec: { accessModes: ['ReadWriteMany'], resources: { requests: { storage: size } } },
  };
}
