import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Manifest } from '../src/manifest.js';
import { policies } from '../src/policies/all-policies.js';
import { services } from '../src/services.js';
import { known } from './known.fixture.js';
import { cannotRender, renderOf } from './kubectl.fixture.js';

const skipped = cannotRender === undefined ? '' : ` (skipped: ${cannotRender})`;
const rendering = cannotRender === undefined ? describe : describe.skip;
const declared = await known();

const issuers = services
  .filter(({ reads }) => reads.issuer)
  .map(({ name }) => ({ name, behavior: 'merge', literals: ['OIDC_ISSUER=https://issuer.example'] }));

rendering(`the base, told its issuer${skipped}`, () => {
  let manifests: Manifest[] = [];
  beforeAll(async () => {
    manifests = await renderOf({ resources: ['base', 'kafka'], configMapGenerator: issuers });
  });

  test.each(Object.entries(policies))('is as %s demands', (_name, policy) => {
    expect(policy(manifests, declared)).toEqual([]);
  });

  test('has a Deployment per service, and a migration per service with a database', () => {
    const named = (kind: string): string[] =>
      manifests.filter((one) => one.kind === kind).map((one) => one.metadata.name);
    expect(named('Deployment')).toEqual(services.map(({ name }) => name).sort());
    expect(named('Job')).toHaveLength(services.filter(({ migration }) => migration !== undefined).length);
  });
});
