import { beforeAll, describe, expect, test } from '@jest/globals';
import { componentNames } from '../src/components/component-files.js';
import type { Manifest } from '../src/manifest.js';
import { policies } from '../src/policies/all-policies.js';
import { workloads } from '../src/policies/workloads.js';
import { release } from '../src/release.js';
import { services } from '../src/services.js';
import { known } from './known.fixture.js';
import { cannotRender, k8s, render, renderOf } from './kubectl.fixture.js';

const skipped = cannotRender === undefined ? '' : ` (skipped: ${cannotRender})`;
const rendering = cannotRender === undefined ? describe : describe.skip;
const declared = await known();
const overlays = ['lab', 'dev', 'staging', 'production'];

const issuers = services
  .filter(({ hasOperators }) => hasOperators)
  .map(({ name }) => ({ name, behavior: 'merge', literals: ['OIDC_ISSUER=https://issuer.example'] }));

const problemsOf = (manifests: readonly Manifest[]): string[] =>
  Object.values(policies).flatMap((policy) => policy(manifests, declared));
const namesOf = (manifests: readonly Manifest[], kind: string): string[] =>
  manifests.filter((one) => one.kind === kind).map((one) => one.metadata.name);

/**
 * None, each alone, all but each, all: so that of every two components both, either and neither have been there. What few
 * components might do to each other beyond that, they do within all but one.
 */
function combinations(): (readonly [name: string, components: readonly string[]])[] {
  const without = (left: string): string[] => componentNames.filter((name) => name !== left);
  return [
    ['none', []],
    ...componentNames.map((name) => [name, [name]] as const),
    ...componentNames.map((name) => [`all but ${name}`, without(name)] as const),
    ['all', componentNames],
  ];
}

rendering(`components${skipped}`, () => {
  test.each(combinations())('%s: renders, and every policy holds', async (_name, names) => {
    const components = names.map((name) => `components/${name}`);
    const manifests = await renderOf({ resources: ['base'], components, configMapGenerator: issuers });
    expect(problemsOf(manifests)).toEqual([]);
  });
});

rendering.each(overlays)(`the overlay %s${skipped}`, (overlay) => {
  let manifests: Manifest[] = [];
  beforeAll(async () => {
    manifests = await render(`${k8s}overlays/${overlay}`);
  });

  test.each(Object.entries(policies))('is as %s demands', (_name, policy) => {
    expect(policy(manifests, declared)).toEqual([]);
  });

  test('has a Deployment per service, and a migration per service with a database', () => {
    expect(namesOf(manifests, 'Deployment')).toEqual(services.map(({ name }) => name).sort());
    expect(namesOf(manifests, 'Job')).toHaveLength(services.filter(({ migration }) => migration !== undefined).length);
  });

  test('runs the version that its migrations are named after', () => {
    const images = workloads(manifests).flatMap(({ pod }) => pod.containers.map(({ image = '' }) => image));
    expect(images.filter((image) => !image.endsWith(`:${release.version}`))).toEqual([]);
  });

  test('puts everything into its namespace, where pods are held to the restricted level', () => {
    const [namespace, ...more] = namesOf(manifests, 'Namespace');
    expect([namespace, more]).toEqual([`myelin-${overlay}`, []]);
    const elsewhere = manifests.filter(
      ({ kind, metadata }) => kind !== 'Namespace' && metadata.namespace !== namespace,
    );
    expect(elsewhere).toEqual([]);
    const [{ metadata } = { metadata: undefined }] = manifests.filter(({ kind }) => kind === 'Namespace');
    expect(metadata?.labels?.['pod-security.kubernetes.io/enforce']).toBe('restricted');
  });

  test('scales every service by exactly one autoscaler, or none', () => {
    const scaled = [...namesOf(manifests, 'HorizontalPodAutoscaler'), ...namesOf(manifests, 'ScaledObject')];
    const expected = ['staging', 'production'].includes(overlay) ? services.map(({ name }) => name) : [];
    expect(scaled.sort()).toEqual([...expected].sort());
  });
});
