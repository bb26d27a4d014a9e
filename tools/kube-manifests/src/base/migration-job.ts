import { createHash } from 'node:crypto';
import type { Manifest } from '../manifest.js';
import { type SecretFile, type ServiceDeclaration, appUrlFile, ownerUrlFile } from '../services.js';
import { labelsOf } from './labels.js';
import { restrictedContainer, restrictedPod, secretEnvironment, secretMounts, secretVolumes } from './pod.js';

/** For all migrations of a version together. */
const deadlineSeconds = 4 * 3_600;

/**
 * Brings a service's schema to what this version needs. A Job cannot be changed, so its name carries a hash over all that it is:
 * the version, the migrations, and what stands here. The version before works on the schema that it leaves behind.
 */
export function migrationJob(service: ServiceDeclaration, version: string, migrations: readonly string[]): Manifest {
  const { name } = service;
  const spec = jobSpec(service, filesOf(service));
  const hash = createHash('sha256')
    .update(JSON.stringify([version, migrations, spec]))
    .digest('hex')
    .slice(0, 10);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: `${name}-migrate-${hash}`, labels: labelsOf(name, 'migration') },
    spec,
  };
}

function filesOf({ name, migration }: ServiceDeclaration): SecretFile[] {
  return migration?.appUrl === true ? [ownerUrlFile(name), appUrlFile(name)] : [ownerUrlFile(name)];
}

function jobSpec({ name }: ServiceDeclaration, files: readonly SecretFile[]): object {
  return {
    backoffLimit: 5,
    activeDeadlineSeconds: deadlineSeconds,
    template: {
      metadata: { labels: labelsOf(name, 'migration') },
      spec: {
        serviceAccountName: name,
        ...restrictedPod,
        restartPolicy: 'Never',
        containers: [
          {
            name: 'migrate',
            image: `myelin/${name}`,
            command: ['node', 'dist/migrate.js'],
            env: [{ name: 'NODE_OPTIONS', value: '--max-old-space-size=192' }, ...secretEnvironment(files)],
            resources: { requests: { cpu: '100m', memory: '320Mi' }, limits: { memory: '320Mi' } },
            securityContext: restrictedContainer,
            volumeMounts: secretMounts(files),
          },
        ],
        volumes: secretVolumes(files),
      },
    },
  };
}
