import type { Manifest } from '../manifest.js';
import { type ServiceDeclaration, secretFilesOf } from '../services.js';
import { labelsOf, podLabels } from './labels.js';
import { restrictedContainer, restrictedPod, secretEnvironment, secretMounts, secretVolumes } from './pod.js';

/** Until every balancer has heard that the pod ends, it goes on as if nothing were. */
const preStopSeconds = 5;
/** Beyond the service's own deadline, for the process to be gone. */
const graceSeconds = 5;
/** For a start: tables are read whole before a service is ready. */
const startSeconds = 600;
const startPeriodSeconds = 5;

/** How many there are is an autoscaler's or an overlay's business: `replicas` stands nowhere here. */
export function deployment(service: ServiceDeclaration): Manifest {
  const { name } = service;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels: labelsOf(name) },
    spec: {
      revisionHistoryLimit: 5,
      minReadySeconds: 5,
      progressDeadlineSeconds: startSeconds + 60,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      selector: { matchLabels: podLabels(name, 'service') },
      template: { metadata: { labels: labelsOf(name) }, spec: podSpec(service) },
    },
  };
}

function podSpec(service: ServiceDeclaration): object {
  const { name, drainSeconds, sharedFolder } = service;
  const shared = { name: 'shared', persistentVolumeClaim: { claimName: sharedClaimName(name) } };
  return {
    serviceAccountName: name,
    ...restrictedPod,
    terminationGracePeriodSeconds: preStopSeconds + drainSeconds + graceSeconds,
    topologySpreadConstraints: ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
      ...{ maxSkew: 1, topologyKey, whenUnsatisfiable: 'ScheduleAnyway' },
      labelSelector: { matchLabels: podLabels(name, 'service') },
      matchLabelKeys: ['pod-template-hash'],
    })),
    containers: [container(service)],
    volumes: [...secretVolumes(secretFilesOf(service)), ...(sharedFolder === undefined ? [] : [shared])],
  };
}

function container(service: ServiceDeclaration): object {
  const { name, httpPort, adminPort, heapMiB, memoryMiB, milliCpu, sharedFolder } = service;
  const files = secretFilesOf(service);
  const memory = `${memoryMiB}Mi`;
  return {
    name,
    image: `myelin/${name}`,
    ports: [
      { name: 'http', containerPort: httpPort },
      { name: 'admin', containerPort: adminPort },
    ],
    envFrom: [{ configMapRef: { name } }],
    env: [{ name: 'NODE_OPTIONS', value: `--max-old-space-size=${heapMiB}` }, ...secretEnvironment(files)],
    startupProbe: probe('startup', startPeriodSeconds, startSeconds / startPeriodSeconds),
    livenessProbe: probe('live', 10, 6),
    readinessProbe: probe('ready', 5, 2),
    lifecycle: { preStop: { sleep: { seconds: preStopSeconds } } },
    resources: { requests: { cpu: `${milliCpu}m`, memory }, limits: { memory } },
    securityContext: restrictedContainer,
    volumeMounts: [
      ...secretMounts(files),
      ...(sharedFolder === undefined ? [] : [{ name: 'shared', mountPath: sharedFolder.path }]),
    ],
  };
}

/** A check may take two seconds before it counts as failed: less would ask again what is still being answered. */
function probe(what: 'startup' | 'live' | 'ready', periodSeconds: number, failureThreshold: number): object {
  return { httpGet: { path: `/health/${what}`, port: 'http' }, periodSeconds, timeoutSeconds: 3, failureThreshold };
}

export const sharedClaimName = (service: string): string => `${service}-shared`;
