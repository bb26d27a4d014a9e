import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { contentHash, etagOf, isNotModified } from './content-hash.js';
import { type Offer, type OfferFacts, offerTo, type Step } from './offer.js';

const swupdate = 'libcurl-agent/1.0';
const rauc = 'rauc-hawkbit-c-agent/1.0';
const facts: fc.Arbitrary<OfferFacts> = fc
  .record({
    forced: fc.boolean(),
    downloadOnly: fc.boolean(),
    windowOpen: fc.constantFrom(undefined, true, false),
    begun: fc.constantFrom<OfferFacts['begun']>('no', 'retrieved', 'reported'),
  })
  .map(({ windowOpen, ...rest }) => (windowOpen === undefined ? rest : { ...rest, windowOpen }));
const plain: OfferFacts = { forced: true, downloadOnly: false, begun: 'no' };

describe('how an assignment is shown to a client', () => {
  test('never with skip to one that is not known to obey it: SWUpdate would report success and install nothing', () => {
    const agents = fc.oneof(fc.constantFrom(undefined, '', swupdate, 'libcurl-agent/2.0'), fc.string());
    fc.assert(
      fc.property(agents, facts, (agent, one) => {
        const offer = offerTo(agent, one);
        expect([offer?.download, offer?.update]).not.toContain('skip');
        expect(offer?.maintenanceWindow).not.toBe('unavailable');
      }),
    );
  });

  test.each<[string, string | undefined, OfferFacts, Offer | undefined]>([
    ['forced', swupdate, plain, { download: 'forced', update: 'forced' }],
    ['soft', swupdate, { ...plain, forced: false }, { download: 'attempt', update: 'attempt' }],
    [
      'in its window',
      swupdate,
      { ...plain, windowOpen: true },
      { download: 'forced', update: 'forced', maintenanceWindow: 'available' },
    ],
    ['outside of its window', swupdate, { ...plain, windowOpen: false }, undefined],
    ['outside of its window, read', swupdate, { ...plain, windowOpen: false, begun: 'retrieved' }, undefined],
    ['to be downloaded only', swupdate, { ...plain, downloadOnly: true }, undefined],
    ['to be downloaded only, by nobody known', undefined, { ...plain, downloadOnly: true }, undefined],
    [
      'to be downloaded only',
      rauc,
      { ...plain, forced: false, downloadOnly: true },
      { download: 'forced', update: 'skip' },
    ],
    [
      'outside of its window',
      rauc,
      { ...plain, windowOpen: false },
      { download: 'forced', update: 'skip', maintenanceWindow: 'unavailable' },
    ],
  ])('%s, to %s', (_what, agent, one, expected) => {
    expect(offerTo(agent, one)).toEqual(expected);
  });

  test('in the same way until it is over, once it has begun: clients confirm after their restart what is still offered', () => {
    const open = { ...plain, windowOpen: true };
    const closed = { ...plain, windowOpen: false };
    expect(offerTo(swupdate, { ...closed, begun: 'reported' })).toEqual(offerTo(swupdate, open));
    // Zephyr reports nothing before its restart.
    expect(offerTo(undefined, { ...closed, begun: 'retrieved' })).toEqual(offerTo(undefined, open));
  });
});

describe('the number in a link', () => {
  /** Written down: a new version of the service must not make every client fetch everything again. */
  const contentHashOf8 = -1_536_313_748;
  const steps: readonly Step[] = ['attempt', 'forced', 'skip'];
  const ways = steps.flatMap((download) =>
    steps.flatMap((update): Offer[] => [
      { download, update },
      { download, update, maintenanceWindow: 'available' },
      { download, update, maintenanceWindow: 'unavailable' },
    ]),
  );

  test('is an int32, another one for each way of showing the same action, and always the same for one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 0x7fff_ffff }), (actionId) => {
        const numbers = ways.map((way) => contentHash(actionId, way));
        expect(new Set(numbers).size).toBe(ways.length);
        expect(numbers.every((one) => (one | 0) === one)).toBe(true);
        expect(ways.map((way) => contentHash(actionId, { ...way }))).toEqual(numbers);
      }),
    );
  });

  test('is one that other processes compute, too', () => {
    expect(contentHash(8, { download: 'forced', update: 'forced' })).toBe(contentHashOf8);
  });
});
describe('the entity tag of an answer', () => {
  const etag = etagOf(Buffer.from('{"a":1}'));

  test('is strong, and follows the bytes', () => {
    expect(etag).toMatch(/^"[A-Za-z0-9_-]{22}"$/);
    expect(etagOf(Buffer.from('{"a":1}'))).toBe(etag);
    expect(etagOf(Buffer.from('{"a":2}'))).not.toBe(etag);
  });

  test.each<[string, string | undefined, boolean]>([
    ['itself', etag, true],
    ['itself, weak', `W/${etag}`, true],
    ['a list with it', `"a,b", ${etag}`, true],
    ['anything', ' * ', true],
    ['no header', undefined, false],
    ['an empty header', '', false],
    ['another tag', '"abc"', false],
    ['itself without quotes', etag.slice(1, -1), false],
    ['a header of ten kilobytes', `${'"a",'.repeat(2_500)}${etag}`, false],
  ])('is known to a client that has %s: %s', (_what, header, expected) => {
    expect(isNotModified(header, etag)).toBe(expected);
  });
});
