import { kustomization } from '../kustomization.js';
import { type Manifest, manifestFile } from '../manifest.js';
import { type ServiceDeclaration, services } from '../services.js';
import { brokers } from '../components/surroundings.js';
import { disruptionBudget, service, serviceAccount, sharedClaim } from './companions.js';
import { deployment } from './deployment.js';
import { migrationJob } from './migration-job.js';

export interface Release {
  /** Of the images. */
  readonly version: string;
  /** Sources of a service's migrations, in their order. */
  migrationsOf(service: string): readonly string[];
}

/** `k8s/base`: a folder per service. */
export function baseFiles(release: Release): [path: string, content: string][] {
  const folders = services.map(({ name }) => name);
  return [
    ['k8s/base/kustomization.yaml', manifestFile([kustomization('Kustomization', { resources: folders })])],
    ...services.flatMap((one) => serviceFiles(one, release)),
  ];
}

function serviceFiles(declaration: ServiceDeclaration, release: Release): [string, string][] {
  const { name, migration, sharedFolder } = declaration;
  const manifests: [string, Manifest][] = [
    ['deployment', deployment(declaration)],
    ['service', service(declaration)],
    ['disruption-budget', disruptionBudget(declaration)],
    ['service-account', serviceAccount(declaration)],
  ];
  if (sharedFolder !== undefined) manifests.push(['shared-claim', sharedClaim(declaration, sharedFolder.size)]);
  if (migration !== undefined) {
    manifests.push(['migration-job', migrationJob(declaration, release.version, release.migrationsOf(name))]);
  }
  const folder = `k8s/base/${name}`;
  const resources = manifests.map(([file]) => `${file}.yaml`);
  const settings = Object.entries(settingsOf(declaration)).map(([variable, value]) => `${variable}=${value}\n`);
  const own = kustomization('Kustomization', {
    resources,
    configMapGenerator: [{ name, envs: ['settings.env'] }],
    images: [{ name: `myelin/${name}`, newTag: release.version }],
  });
  return [
    ...manifests.map(([file, manifest]): [string, string] => [`${folder}/${file}.yaml`, manifestFile([manifest])]),
    [`${folder}/settings.env`, settings.join('')],
    [`${folder}/kustomization.yaml`, manifestFile([own])],
  ];
}

/** What an overlay has to say beside these: the issuer, where one is asked. */
function settingsOf({ drainSeconds, settings }: ServiceDeclaration): Record<string, string> {
  return {
    ...{ HTTP_HOST: '0.0.0.0', ADMIN_HOST: '0.0.0.0' },
    KAFKA_BROKERS: brokers,
    DRAIN_TIMEOUT: `${drainSeconds}s`,
    ...settings,
  };
}
