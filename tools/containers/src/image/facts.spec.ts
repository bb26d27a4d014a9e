import { describe, expect, test } from '@jest/globals';
import { checkPackages, checkPaths, checkSbom } from './file-facts.js';
import { type Checked, checkImage, type InspectedImage } from './image-facts.js';
import type { ImagePlan } from './plan.js';
import { productionPackages } from './production-packages.js';

const plan: ImagePlan = {
  app: 'telemetry',
  version: '1.0.0',
  description: 'Owns.',
  hasMigrations: true,
  ports: [1, 2],
};
const label = (name: string): string => `org.opencontainers.image.${name}`;
const good: InspectedImage = {
  Size: 1,
  Config: {
    User: '10001:10001',
    Env: ['NODE_ENV=production'],
    Entrypoint: ['node', '--import', '@myelin/observability/register', 'dist/main.js'],
    WorkingDir: '/app/apps/telemetry',
    ExposedPorts: { '1/tcp': {}, '2/tcp': {} },
    Healthcheck: { Test: ['CMD', 'node', '/app/health.mjs'] },
    Labels: {
      [label('title')]: 'myelin-telemetry',
      [label('description')]: 'Owns.',
      [label('version')]: '1.0.0',
      [label('revision')]: 'abc',
      [label('licenses')]: 'Apache-2.0',
    },
  },
  History: [
    { created_by: '/bin/sh -c #(nop) ADD file:1 in /' },
    { created_by: '/bin/sh -c #(nop) COPY dir:1 in /app' },
  ],
};

const failures = (checked: readonly Checked[]): string[] =>
  checked.filter(([, problem]) => problem !== undefined).map(([name]) => name);

describe('an image', () => {
  test('as it should be passes', () => expect(failures(checkImage(good, plan, 'abc'))).toEqual([]));

  test.each<[string, Partial<InspectedImage['Config']>]>([
    ['its user is a number and not root', { User: '0:0' }],
    ['its user is a number and not root', { User: 'node' }],
    ['node is started directly', { Entrypoint: ['/bin/sh', '-c', 'node dist/main.js'] }],
    ['its working directory is the app', { WorkingDir: '/app' }],
    ['it runs in production mode', { Env: [] }],
    ['its health command needs no shell', { Healthcheck: { Test: ['CMD-SHELL', 'node /app/health.mjs'] } }],
    ['it has its ports', { ExposedPorts: {} }],
    ['it has its labels', { Labels: { ...good.Config.Labels, [label('source')]: '' } }],
    ['it has its labels', { Labels: null }],
  ])('%s', (name, changed) => {
    expect(failures(checkImage({ ...good, Config: { ...good.Config, ...changed } }, plan, 'abc'))).toEqual([name]);
  });

  test('with a command after the first copy may hide what its layers have', () => {
    const History = [...good.History, { created_by: '/bin/sh -c rm /app/.npmrc' }];
    expect(failures(checkImage({ ...good, History }, plan, 'abc'))).toEqual([
      'above the base image files are copied, never changed by commands',
    ]);
  });

  test.each([
    ...['app/.env', 'app/.env.local', 'app/.npmrc', 'root/.npm/_cacache', 'npm-cache/x', 'run/secrets/npmrc'],
    ...[
      'app/node_modules/.package-lock.json',
      'app/libs/kernel/src',
      'app/apps/x/dist/a.spec.js',
      'app/x/dist/a.js.map',
    ],
  ])('%s does not belong into it', (path) => expect(checkPaths(['app/apps/x/dist/main.js', path])[1]).toContain(path));

  test('what production does not need, by the lock file, does not belong into it', () => {
    const lock = {
      packages: {
        'apps/x': { dependencies: { a: '1', '@myelin/l': '*' } },
        'node_modules/@myelin/l': { link: true, resolved: 'libs/l' },
        'libs/l': { dependencies: { b: '2' } },
        'libs/l/node_modules/b': { version: '2.0.0' },
        'node_modules/a': { version: '1.0.0', peerDependencies: { b: '1' } },
        'node_modules/b': { version: '1.0.0' },
        'node_modules/jest': { version: '1.0.0', dependencies: { c: '1' } },
        'node_modules/c': { version: '1.0.0' },
      },
    };
    const needed = productionPackages(lock, 'apps/x');
    const packages = (...all: string[]): { name: string; version: string }[] =>
      all.map((each) => ({ name: each.split('@')[0] ?? '', version: each.split('@')[1] ?? '' }));
    expect(checkPackages(packages('a@1.0.0', 'b@1.0.0', 'b@2.0.0'), needed)[1]).toBeUndefined();
    expect(checkPackages(packages('a@1.0.0', 'c@1.0.0', 'jest@1.0.0'), needed)[1]).toBe('c@1.0.0, jest@1.0.0');
  });

  test('its SBOM has to name each package that is there, in that version, and no others', () => {
    const purl = 'pkg:npm/%40myelin/kernel@1.0.0';
    const components = [
      { name: 'kernel', version: '1.0.0', purl },
      { name: 'pg', version: '2.0.0', purl: 'pkg:npm/pg@2.0.0' },
    ];
    const sbom = { bomFormat: 'CycloneDX', metadata: { component: { name: 'myelin-telemetry' } }, components };
    const there = [
      { name: '@myelin/kernel', version: '1.0.0' },
      { name: 'pg', version: '2.0.0' },
    ];
    expect(failures(checkSbom(sbom, 'telemetry', there))).toEqual([]);
    const other = [...there.slice(1), { name: '@myelin/kernel', version: '1.0.1' }];
    expect(checkSbom(sbom, 'telemetry', other).map(([, problem]) => problem)).toEqual([
      undefined,
      '@myelin/kernel@1.0.1',
      '@myelin/kernel@1.0.0',
    ]);
  });
});
