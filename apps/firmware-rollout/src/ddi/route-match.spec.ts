import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DdiRefusal } from './ddi-refusal.js';
import { resourceMethods } from './ddi-route.js';
import { isTenantOfPath, longestUrl, matchDdiRoute } from './route-match.js';

const base = '/DEFAULT/controller/v1/dev1';
const resource = (url: string, method = 'GET'): unknown => {
  const match = matchDdiRoute(method, url);
  return match instanceof DdiRefusal ? match.status : match.resource;
};
const at = (rest: string, method = 'GET'): unknown => resource(`${base}${rest}`, method);

const paths: readonly (readonly [method: string, rest: string, expected: object])[] = [
  ['GET', '', { kind: 'root' }],
  ['GET', '?x=1', { kind: 'root' }],
  ['PUT', '/configData', { kind: 'configData' }],
  ['GET', '/deploymentBase/8', { kind: 'deploymentBase', actionId: 8, historyLength: 0 }],
  ['GET', '/deploymentBase/8?c=-2127183556', { kind: 'deploymentBase', actionId: 8, historyLength: 0 }],
  ['GET', '/deploymentBase/8?c=x&actionHistory=5', { kind: 'deploymentBase', actionId: 8, historyLength: 5 }],
  ['GET', '/deploymentBase/8?actionHistory=-1', { kind: 'deploymentBase', actionId: 8, historyLength: 100 }],
  ['GET', '/deploymentBase/8?actionHistory=1000', { kind: 'deploymentBase', actionId: 8, historyLength: 100 }],
  ['POST', '/deploymentBase/2147483647/feedback', { kind: 'deploymentFeedback', actionId: 2_147_483_647 }],
  ['GET', '/cancelAction/8', { kind: 'cancelAction', actionId: 8 }],
  ['POST', '/cancelAction/8/feedback', { kind: 'cancelFeedback', actionId: 8 }],
  ['PUT', '/installedBase', { kind: 'installed' }],
  ['GET', '/installedBase/7?actionHistory=2', { kind: 'installedBase', actionId: 7, historyLength: 2 }],
  ['GET', '/confirmationBase', { kind: 'confirmationBase' }],
  ['GET', '/confirmationBase/10?c=1', { kind: 'confirmation', actionId: 10, historyLength: 0 }],
  ['POST', '/confirmationBase/10/feedback', { kind: 'confirmationFeedback', actionId: 10 }],
  ['POST', '/confirmationBase/activateAutoConfirm', { kind: 'activateAutoConfirm' }],
  ['POST', '/confirmationBase/deactivateAutoConfirm', { kind: 'deactivateAutoConfirm' }],
  ['GET', '/softwaremodules/3/artifacts', { kind: 'artifacts', moduleId: 3 }],
  ['GET', '/softwaremodules/3/artifacts/a%20b.swu', { kind: 'artifact', moduleId: 3, fileName: 'a b.swu' }],
  ['HEAD', '/softwaremodules/3/artifacts/fw.swu', { kind: 'artifact', moduleId: 3, fileName: 'fw.swu' }],
  ['GET', '/softwaremodules/3/artifacts/fw.swu.MD5SUM', { kind: 'artifactMd5', moduleId: 3, fileName: 'fw.swu' }],
  ['GET', '/softwaremodules/3/artifacts/.MD5SUM', { kind: 'artifact', moduleId: 3, fileName: '.MD5SUM' }],
];

describe('the path of a device', () => {
  test.each(paths)('%s %s', (method, rest, expected) => {
    expect(at(rest, method)).toEqual(expected);
  });

  test('is tried for every kind of resource', () => {
    const tried = new Set(paths.map(([, , { kind }]: readonly [string, string, { kind?: string }]) => kind));
    expect([...tried].sort()).toEqual(Object.keys(resourceMethods).sort());
  });

  test('keeps tenant and device as they are written, percent-encoding aside', () => {
    const match = matchDdiRoute('GET', '/Acme_1/controller/v1/urn%3Adev%3A1.x-Y');
    expect(match).toMatchObject({ pathTenant: 'Acme_1', controllerId: 'urn:dev:1.x-Y' });
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9._:-]{3,128}$/), (device) => {
        const encoded = [...device].map((one) => `%${one.charCodeAt(0).toString(16)}`).join('');
        expect(matchDdiRoute('GET', `/t/controller/v1/${encoded}`)).toMatchObject({ controllerId: device });
      }),
    );
  });

  test.each([
    ...['/', '', '/DEFAULT', '/DEFAULT/controller/v1', '/DEFAULT/controller/v1/', '/DEFAULT/controller/v2/dev1'],
    ...['/DEFAULT/rest/v1/dev1', '/DE FAULT/controller/v1/dev1', '/DEF%2FAULT/controller/v1/dev1', `${base}/`],
    ...[`/${'t'.repeat(65)}/controller/v1/dev1`, '//controller/v1/dev1', `/DEFAULT/controller/v1/${'d'.repeat(129)}`],
    ...['/DEFAULT/controller/v1/caf%C3%A9', `${base}/nothing`, `${base}/configdata`, `${base}/configData/1`],
    ...[`${base}/deploymentBase`, `${base}/deploymentBase/0`, `${base}/deploymentBase/-1`, `${base}/deploymentBase/08`],
    ...[`${base}/deploymentBase/2147483648`, `${base}/deploymentBase/99999999999`, `${base}/deploymentBase/1e3`],
    ...[`${base}/deploymentBase/8/feedback/x`, `${base}/deploymentBase/8/other`, `${base}/installedBase/8/feedback`],
    ...[
      `${base}/softwaremodules/3`,
      `${base}/softwaremodules/3/artifacts/a/b`,
      `${base}/softwaremodules/x/artifacts/a`,
    ],
    ...[`${base}/confirmationBase/activateAutoConfirm/x`, `${base}/softwaremodules/3/artifacts/${'f'.repeat(256)}`],
  ])('is nothing: %s', (url) => {
    expect(resource(url)).toBe(404);
  });

  test.each([...['..', '%2e%2e', '.', '..%2f..%2fetc%2fpasswd', '%2e%2e%5cx', 'a%00b', '%2Fetc%2Fpasswd', 'a%5Cb']])(
    'leads nowhere else: %s',
    (segment) => {
      expect(at(`/softwaremodules/3/artifacts/${segment}`)).toBe(404);
      expect(resource(`/DEFAULT/controller/v1/${segment}`)).toBe(404);
      expect(resource(`/${segment}/controller/v1/dev1`)).toBe(404);
    },
  );

  test('is decoded once', () => {
    const expected = { kind: 'artifact', moduleId: 3, fileName: '%2e%2e' };
    expect(at('/softwaremodules/3/artifacts/%252e%252e')).toEqual(expected);
  });

  test.each([
    ['an encoding that is broken', '/DEFAULT/controller/v1/%zz'],
    ['an encoding that is no UTF-8', '/DEFAULT/controller/v1/%ff'],
    ['a controller id of 257', `/DEFAULT/controller/v1/${'d'.repeat(257)}`],
    ['a controller id with white space', '/DEFAULT/controller/v1/dev%201'],
    ['a history that is no number', `${base}/deploymentBase/8?actionHistory=all`],
    ['a history without a number', `${base}/deploymentBase/8?actionHistory=`],
  ])('is refused with 400: %s', (_what, url) => {
    expect(resource(url)).toBe(400);
  });

  test('says with 405 what may be done', () => {
    for (const [method, rest, { kind }] of paths as readonly [
      string,
      string,
      { kind: keyof typeof resourceMethods },
    ][]) {
      const wrong = method === 'PUT' ? 'POST' : 'PUT';
      const allow = resourceMethods[kind].join(', ');
      const url = `${base}${rest}`;
      expect(matchDdiRoute(wrong, url)).toMatchObject({ status: 405, headers: ['allow', allow] });
    }
    expect(at('/nothing', 'DELETE')).toBe(404);
    expect(at('', 'HEAD')).toBe(405);
  });

  test('has 4096 characters at most', () => {
    expect(resource(`${base}?${'x'.repeat(longestUrl - base.length - 1)}`)).toEqual({ kind: 'root' });
    expect(resource(`${base}?${'x'.repeat(longestUrl - base.length)}`)).toBe(414);
  });

  test('of any text makes nothing throw', () => {
    const segment = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('deploymentBase', '8', 'feedback', '%', '..'),
    );
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 8 }), fc.string(), (segments, query) => {
        const url = `${base}/${segments.join('/')}?actionHistory=${query}`;
        expect(['route', 'refused']).toContain(matchDdiRoute('GET', url).kind);
      }),
    );
  });
});

describe('the tenant of a path', () => {
  test.each([
    ['DEFAULT', 'DEFAULT', true],
    ['default', 'DEFAULT', true],
    ['DEFAULT', 'default', true],
    ['acme', 'acme', true],
    ['acme', 'ACME', false],
    ['acme', 'DEFAULT', false],
    ['default1', 'DEFAULT1', false],
  ])('%s is that of a credential of %s: %s', (path, tenant, is) => {
    expect(isTenantOfPath(path, tenant)).toBe(is);
  });
});
