import { schemaNameOf } from '../postgres/clusters.js';
import type { Manifest } from '../manifest.js';
import { type ServiceDeclaration, appSecret, ownerSecret } from '../services.js';
import { postgresCluster } from './surroundings.js';

/** Passwords of the two roles of each database, out of the store `myelin`; addresses are put together where they are used. */
export function externalSecrets(services: readonly ServiceDeclaration[]): Manifest[] {
  return services
    .filter(({ migration }) => migration !== undefined)
    .flatMap(({ name }) => {
      const schema = schemaNameOf(name);
      const host = `${postgresCluster(name)}-rw:5432/${schema}`;
      return [
        externalSecret(appSecret(name), `${schema}_app`, host),
        externalSecret(ownerSecret(name), `${schema}_owner`, host),
      ];
    });
}

function externalSecret(name: string, username: string, host: string): Manifest {
  const url = `postgresql://${username}:{{ .password | urlquery }}@${host}`;
  return {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name },
    spec: {
      refreshInterval: '1h',
      secretStoreRef: { kind: 'ClusterSecretStore', name: 'myelin' },
      target: {
        creationPolicy: 'Owner',
        template: { type: 'kubernetes.io/basic-auth', data: { username, password: '{{ .password }}', url } },
      },
      data: [{ secretKey: 'password', remoteRef: { key: `myelin/${name}`, property: 'password' } }],
    },
  };
}
