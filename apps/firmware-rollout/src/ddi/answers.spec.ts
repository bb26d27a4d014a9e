import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type DdiRefusal, refusalBody, refuse, type RefusalReason } from './ddi-refusal.js';
import { artifactsAnswer, deploymentAnswer, type OfferedArtifact, type OfferedChunk } from './deployment-answer.js';
import { Hrefs, originOf } from './hrefs.js';
import { answerType, bodyTypeOf } from './media-types.js';
import { type Offer } from './offer.js';
import type { RenderedAnswer } from './rendered-answer.js';
import { IdleRoots, rootAnswer } from './root-answer.js';
import { attachment, cancelAnswer, confirmationBaseAnswer, md5Answer } from './small-answers.js';

const hrefs = new Hrefs({ own: 'https://host' }, 'DEFAULT', 'dev1');
const base = 'https://host/DEFAULT/controller/v1/dev1';
const parsed = ({ body }: RenderedAnswer): unknown => JSON.parse(body.toString());
const forced: Offer = { download: 'forced', update: 'forced' };
const file: OfferedArtifact = {
  fileName: 'gateway-1.2.0.swu',
  size: 2_560,
  sha1: 'a'.repeat(40),
  md5: 'b'.repeat(32),
  sha256: 'c'.repeat(64),
};
const chunk: OfferedChunk = { moduleId: 3, part: 'os', version: '1.2.0', name: 'gateway-os', artifacts: [file] };

describe('the root', () => {
  const idle = { intervalMs: 300_000, wantsConfigData: false };

  test('has exactly the shape of the specification', () => {
    const next = { kind: 'deploy', actionId: 8, offer: forced } as const;
    const answer = rootAnswer({ ...idle, next, wantsConfigData: true, installedActionId: 7 }, hrefs);
    expect(parsed(answer)).toEqual({
      config: { polling: { sleep: '00:05:00' } },
      _links: {
        deploymentBase: {
          href: expect.stringMatching(/^https:\/\/host\/DEFAULT\/controller\/v1\/dev1\/deploymentBase\/8\?c=-?\d+$/),
        },
        installedBase: { href: `${base}/installedBase/7` },
        configData: { href: `${base}/configData` },
      },
    });
  });

  test('asks for one thing at most', () => {
    const answer = parsed(rootAnswer({ ...idle, next: { kind: 'cancel', actionId: 11 } }, hrefs));
    expect(answer).toMatchObject({ _links: { cancelAction: { href: `${base}/cancelAction/11` } } });
    expect(Object.keys((answer as { _links: object })._links)).toEqual(['cancelAction']);
  });

  test('is the same bytes for all that have nothing to do and the same interval', () => {
    const roots = new IdleRoots();
    expect(roots.answer(300_000)).toBe(roots.answer(300_999));
    expect(roots.answer(300_000).body.toString()).toBe('{"config":{"polling":{"sleep":"00:05:00"}}}');
    expect(roots.answer(300_000)).toEqual(rootAnswer(idle, hrefs));
    expect(roots.answer(301_000).etag).not.toBe(roots.answer(300_000).etag);
  });
});

describe('the instruction to install', () => {
  test('has exactly the shape of the specification', () => {
    const offer: Offer = { ...forced, maintenanceWindow: 'available' };
    const metadata = [{ key: 'aMetadataKey', value: 'Metadata value' }];
    const history = { status: 'RUNNING', messages: ['Reboot', 'Download done.'] };
    const chunks = [{ ...chunk, encrypted: true, metadata }];
    expect(parsed(deploymentAnswer({ actionId: 8, offer, chunks, history }, hrefs))).toEqual({
      id: '8',
      deployment: {
        ...{ download: 'forced', update: 'forced', maintenanceWindow: 'available' },
        chunks: [
          {
            ...{ part: 'os', version: '1.2.0', name: 'gateway-os', encrypted: true, metadata },
            artifacts: [
              {
                filename: 'gateway-1.2.0.swu',
                hashes: { sha1: file.sha1, md5: file.md5, sha256: file.sha256 },
                size: 2_560,
                _links: {
                  download: { href: `${base}/softwaremodules/3/artifacts/gateway-1.2.0.swu` },
                  md5sum: { href: `${base}/softwaremodules/3/artifacts/gateway-1.2.0.swu.MD5SUM` },
                  'download-http': { href: `${base}/softwaremodules/3/artifacts/gateway-1.2.0.swu` },
                  'md5sum-http': { href: `${base}/softwaremodules/3/artifacts/gateway-1.2.0.swu.MD5SUM` },
                },
              },
            ],
          },
        ],
      },
      actionHistory: history,
    });
  });

  test('leaves out what does not apply', () => {
    const answer = parsed(deploymentAnswer({ actionId: 8, offer: forced, chunks: [chunk] }, hrefs));
    expect(Object.keys(answer as object)).toEqual(['id', 'deployment']);
    const { deployment } = answer as { deployment: { chunks: object[] } };
    expect(Object.keys(deployment)).toEqual(['download', 'update', 'chunks']);
    expect(Object.keys(deployment.chunks[0] as object)).toEqual(['part', 'version', 'name', 'artifacts']);
  });

  test.each([
    ['application', 'bApp'],
    ['runtime', 'jvm'],
    ['os', 'os'],
    ['constructor', 'constructor'],
  ])('calls the part %s %s', (part, sent) => {
    const answer = parsed(deploymentAnswer({ actionId: 8, offer: forced, chunks: [{ ...chunk, part }] }, hrefs));
    expect(answer).toMatchObject({ deployment: { chunks: [{ part: sent }] } });
  });

  test('links plain http beside https, and to the same address where the service is reached over http', () => {
    const links = (own: string, http?: string): unknown => {
      const origins = http === undefined ? { own } : { own, http };
      const [one] = parsed(artifactsAnswer(chunk, new Hrefs(origins, 'default', 'd'))) as { _links: unknown }[];
      return one?._links;
    };
    const path = '/default/controller/v1/d/softwaremodules/3/artifacts/gateway-1.2.0.swu';
    expect(links('https://a', 'http://b:8080')).toMatchObject({
      ...{ download: { href: `https://a${path}` }, 'download-http': { href: `http://b:8080${path}` } },
      ...{ md5sum: { href: `https://a${path}.MD5SUM` }, 'md5sum-http': { href: `http://b:8080${path}.MD5SUM` } },
    });
    const same = { href: `http://a:81${path}` };
    expect(links('http://a:81')).toMatchObject({ download: same, 'download-http': same });
  });

  test('encodes file names so that they are found again', () => {
    const name = 'a b/c?d#e%f.swu';
    expect(hrefs.artifact(3, name)).toBe(`${base}/softwaremodules/3/artifacts/${encodeURIComponent(name)}`);
  });

  describe('fits into the buffers of Zephyr', () => {
    const device = 'nrf52840dk-4ab1c0de93a7f00d';
    const board = new Hrefs({ own: 'http://updates.example.org:8080' }, 'DEFAULT', device);
    const fileName = 'app.signed.bin';
    const signed = { ...chunk, part: 'application', name: 'app', artifacts: [{ ...file, fileName, size: 999_999 }] };
    const longest: Offer = { download: 'attempt', update: 'attempt', maintenanceWindow: 'available' };

    test('with what follows the base in 49 characters, whatever the action is', () => {
      fc.assert(
        fc.property(fc.integer({ min: 2 ** 30, max: 0x7fff_ffff }), (actionId) => {
          const href = board.deploymentBase(actionId, longest);
          expect(href.slice(href.indexOf('deploymentBase/')).length).toBeLessThanOrEqual(49);
        }),
      );
      expect(`cancelAction/${0x7fff_ffff}`.length).toBeLessThanOrEqual(49);
    });

    test('with links of 199 characters, and less than a kilobyte for one artifact', () => {
      expect(`${board.artifactHttp(0x7fff_ffff, fileName)}.MD5SUM`.length).toBeLessThanOrEqual(199);
      const { body } = deploymentAnswer({ actionId: 0x7fff_ffff, offer: longest, chunks: [signed] }, board);
      expect(body.length).toBeLessThan(1_024);
    });

    test('as long as origin, device and file name have 70 characters together', () => {
      const lengths = fc.record({ host: fc.integer({ min: 1, max: 40 }), name: fc.integer({ min: 1, max: 20 }) });
      fc.assert(
        fc.property(lengths, ({ host, name }) => {
          const origin = `http://${'h'.repeat(host)}`;
          const links = new Hrefs({ own: origin }, 'DEFAULT', 'd'.repeat(70 - origin.length - name));
          const chunks = [{ ...signed, artifacts: [{ ...file, fileName: 'f'.repeat(name), size: 999_999 }] }];
          const { body } = deploymentAnswer({ actionId: 0x7fff_ffff, offer: longest, chunks }, links);
          expect(body.length).toBeLessThan(1_024);
        }),
      );
    });
  });
});

describe('the other answers', () => {
  test('to cancel names the action twice', () => {
    expect(parsed(cancelAnswer(11))).toEqual({ id: '11', cancelAction: { stopId: '11' } });
  });

  test('about confirmation say that nothing is to be confirmed', () => {
    expect(parsed(confirmationBaseAnswer({}, hrefs))).toEqual({
      autoConfirm: { active: false },
      _links: { activateAutoConfirm: { href: `${base}/confirmationBase/activateAutoConfirm` } },
    });
  });

  test('of checksums are digest, two spaces and name', () => {
    expect(md5Answer(file).body.toString()).toBe(`${file.md5}  gateway-1.2.0.swu`);
  });

  test.each([
    ['gateway-1.2.0.swu', 'attachment;filename=gateway-1.2.0.swu'],
    [`a "b';\r\nc.swu`, `attachment;filename*=UTF-8''a%20%22b%27%3B%0D%0Ac.swu`],
  ])('of the file %j cannot be led astray by its name', (name, expected) => {
    expect(attachment(name)).toBe(expected);
  });
});

describe('a refusal', () => {
  test('has the form of hawkBit, with the place in it', () => {
    expect(JSON.parse(refusalBody(refuse('not-found', 'there is no such action')))).toEqual({
      errorCode: 'hawkbit.server.error.repo.entityNotFound',
      exceptionClass: 'org.eclipse.hawkbit.repository.exception.EntityNotFoundException',
      message: 'there is no such action',
    });
    expect(JSON.parse(refusalBody(refuse('body-invalid', 'no', { pointer: '/status' })))).toMatchObject({
      info: { pointer: '/status' },
    });
  });

  test('for want of credentials has no body', () => {
    expect(refusalBody(refuse('unauthorized', 'no credentials'))).toBe('');
  });

  test.each<[RefusalReason, number]>([
    ['body-not-readable', 400],
    ['forbidden', 403],
    ['not-cancelling', 405],
    ['gone', 410],
    ['too-many', 429],
  ])('because of %s is %i', (reason, status) => {
    expect(refuse(reason, 'x').status).toBe(status);
  });
});

describe('media types', () => {
  const status = (answer: unknown): unknown => (typeof answer === 'string' ? answer : (answer as DdiRefusal).status);

  test.each([
    [undefined, 'application/hal+json'],
    ['', 'application/hal+json'],
    ['*/*', 'application/hal+json'],
    ['application/json', 'application/json'],
    ['application/json;charset=UTF-8', 'application/json'],
    ['application/json, application/hal+json;q=0.5', 'application/hal+json'],
    ['APPLICATION/JSON', 'application/json'],
    ['text/html, application/*;q=0.1', 'application/hal+json'],
    ['application/hal+json;q=0, application/json', 'application/json'],
    ['text/html', 406],
    ['application/cbor', 'application/cbor'],
    ['application/cbor, */*', 'application/cbor'],
    ['application/cbor;q=0.5, application/json;q=0.4', 'application/cbor'],
    ['application/cbor, application/json', 'application/json'],
    ['application/cbor;q=0', 406],
    ['*/*;q=0', 406],
    ['text/a,'.repeat(200), 406],
  ])('Accept %j is answered with %s', (accept, expected) => {
    expect(status(answerType(accept))).toBe(expected);
  });

  test.each([
    [undefined, 'application/json'],
    ['application/json;charset=UTF-8', 'application/json'],
    ['application/hal+json', 'application/json'],
    ['Application/CBOR', 'application/cbor'],
    ['text/plain', 415],
  ])('a body of %s is %s', (contentType, expected) => {
    expect(status(bodyTypeOf(contentType))).toBe(expected);
  });
});

describe('the origin of links', () => {
  test.each([
    ['host', 'https://host'],
    ['10.0.0.1:8080', 'https://10.0.0.1:8080'],
    ['[::1]:7084', 'https://[::1]:7084'],
    [undefined, undefined],
    ['', undefined],
    ['host/evil', undefined],
    ['a@b', undefined],
    ['host\r\nx: y', undefined],
    ['host:port', undefined],
    ['h'.repeat(300), undefined],
  ])('of the host %j is %s', (host, expected) => {
    expect(originOf('https', host)).toBe(expected);
  });
});
