import type { ServiceName } from '@myelin/contracts';
import { labelsOf } from '../base/labels.js';
import { postgresCluster } from '../components/surroundings.js';
import type { Manifest } from '../manifest.js';
import { type ServiceDeclaration, appSecret, ownerSecret } from '../services.js';

/** `device-registry` -> `device_registry`: its database, its schema, and the beginning of its roles' names. */
export const schemaNameOf = (service: ServiceName): string => service.replaceAll('-', '_');

const sizes: Partial<Record<ServiceName, string>> = { telemetry: '500Gi' };

/**
 * A cluster per service: a replica that has confirmed before a commit is answered, every change archived, a base backup each night.
 * The owner migrates; the application's role gets its rights from the migrations and has no DDL.
 */
export function postgresClusters(services: readonly ServiceDeclaration[]): Manifest[] {
  return services
    .filter(({ migration }) => migration !== undefined)
    .flatMap(({ name }) => [cluster(name), archive(name), nightly(name)]);
}

function cluster(service: ServiceName): Manifest {
  const schema = schemaNameOf(service);
  const app = `${schema}_app`;
  const owner = `${schema}_owner`;
  return {
    apiVersion: 'postgresql.cnpg.io/v1',
    kind: 'Cluster',
    metadata: { name: postgresCluster(service), labels: { 'app.kubernetes.io/part-of': 'myelin-postgres' } },
    spec: {
      instances: 3,
      imageName: 'ghcr.io/cloudnative-pg/postgresql:17.5',
      primaryUpdateStrategy: 'unsupervised',
      enableSuperuserAccess: false,
      postgresql: { synchronous: { method: 'any', number: 1, dataDurability: 'required' } },
      bootstrap: {
        initdb: {
          ...{ database: schema, owner, secret: { name: ownerSecret(service) } },
          postInitApplicationSQL: [
            `CREATE ROLE ${app} LOGIN`,
            `CREATE SCHEMA IF NOT EXISTS ${schema} AUTHORIZATION ${owner}`,
            `REVOKE ALL ON SCHEMA ${schema} FROM PUBLIC`,
            `GRANT USAGE ON SCHEMA ${schema} TO ${app}`,
            ...[owner, app].map((role) => `ALTER ROLE ${role} IN DATABASE ${schema} SET search_path = ${schema}`),
          ],
        },
      },
      managed: { roles: [{ name: app, ensure: 'present', login: true, passwordSecret: { name: appSecret(service) } }] },
      storage: { size: sizes[service] ?? '50Gi' },
      walStorage: { size: '20Gi' },
      resources: { requests: { cpu: '500m', memory: '2Gi' }, limits: { memory: '2Gi' } },
      affinity: {
        enablePodAntiAffinity: true,
        topologyKey: 'topology.kubernetes.io/zone',
        podAntiAffinityType: 'preferred',
      },
      plugins: [
        {
          ...{ name: 'barman-cloud.cloudnative-pg.io', isWALArchiver: true },
          parameters: { barmanObjectName: postgresCluster(service) },
        },
      ],
    },
  };
}

/** Five minutes at most are not archived yet, however little is written. */
function archive(service: ServiceName): Manifest {
  const credential = (key: string): object => ({ name: 'postgres-backup', key });
  return {
    apiVersion: 'barmancloud.cnpg.io/v1',
    kind: 'ObjectStore',
    metadata: { name: postgresCluster(service), labels: labelsOf(service) },
    spec: {
      retentionPolicy: '30d',
      configuration: {
        destinationPath: `s3://myelin-backups/${service}`,
        s3Credentials: { accessKeyId: credential('access-key-id'), secretAccessKey: credential('secret-access-key') },
        wal: { compression: 'gzip', maxParallel: 4 },
        data: { compression: 'gzip', jobs: 2 },
      },
    },
  };
}

function nightly(service: ServiceName): Manifest {
  return {
    apiVersion: 'postgresql.cnpg.io/v1',
    kind: 'ScheduledBackup',
    metadata: { name: postgresCluster(service) },
    spec: {
      schedule: '0 0 2 * * *',
      immediate: true,
      backupOwnerReference: 'self',
      method: 'plugin',
      pluginConfiguration: { name: 'barman-cloud.cloudnative-pg.io' },
      cluster: { name: postgresCluster(service) },
    },
  };
}
