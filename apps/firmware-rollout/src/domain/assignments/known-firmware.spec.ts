import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { after, anAssignment, answer, cancel, offer, report, timeOut, timeoutMs } from './assignment-fixture.js';
import { type AssignmentEvent, changeAssignment } from './change-assignment.js';
import { type FirmwareWord, type KnownFirmware, firmwareWordOf, learn } from './known-firmware.js';

const late = 1_000 * timeoutMs;
const wordOf = (before: readonly AssignmentEvent[], event: AssignmentEvent, isDownloadOnly = false) => {
  const assignment = after(before, anAssignment({ isDownloadOnly }));
  const change = changeAssignment(assignment, event, late);
  return firmwareWordOf(event, 7, assignment, change.outcome === 'changed' ? change.assignment : undefined);
};
const begun = [offer(), report('proceeding')];

describe('what a device runs', () => {
  test.each([
    ['in time', begun],
    ['after it was cancelled', [...begun, cancel, answer('cancelled')]],
    ['after its time was up', [...begun, timeOut, timeOut]],
    ['after it had failed', [...begun, report('failed')]],
  ])('is what it says that it runs, %s', (_when, before) => {
    expect(wordOf(before, report('succeeded'))).toEqual({ kind: 'runs', action: 7, isSure: true });
  });

  test('is not what it says that it failed to install, whenever it says so', () => {
    for (const before of [begun, [...begun, cancel, answer('cancelled')], [...begun, report('succeeded')]])
      expect(wordOf(before, report('failed'))).toEqual({ kind: 'failed', action: 7 });
  });

  test('is not certain when it was at it, and its action ends without its word: it acknowledges what it has installed', () => {
    const open = { kind: 'open-end', action: 7 };
    expect(wordOf([...begun, cancel], answer('cancelled'))).toEqual(open);
    expect(wordOf([offer(), report('retrieved'), timeOut], timeOut)).toEqual(open);
    expect(wordOf(begun, { kind: 'end-of-device', reason: 'device-retired' })).toEqual(open);
    expect(wordOf([offer(), cancel], answer('cancelled'))).toBeUndefined();
    expect(wordOf([offer(), timeOut], timeOut)).toBeUndefined();
  });

  test('is not what it has downloaded only', () => {
    for (const kind of ['downloaded', 'succeeded', 'failed'] as const)
      expect(wordOf([offer(), report('downloading')], report(kind), true)).toBeUndefined();
  });
});

describe('a word', () => {
  const runs = (action: number, isSure = true): FirmwareWord => ({ kind: 'runs', action, isSure });
  const failed = (action: number): FirmwareWord => ({ kind: 'failed', action });
  const open = (action: number): FirmwareWord => ({ kind: 'open-end', action });

  test.each<[string, FirmwareWord[], KnownFirmware]>([
    ['of an older action changes nothing', [runs(4), runs(3), failed(3), open(3)], { action: 4 }],
    ['that comes late ends the doubt', [runs(3), open(4), runs(4)], { action: 4 }],
    ['of a failure does so too', [runs(3), open(4), failed(4)], { action: 3 }],
    ['takes back what was said before', [runs(3), failed(3), runs(3), runs(2)], { action: 3, isForgotten: true }],
    ['of a client that was not at work leaves the doubt', [open(3), runs(4, false)], { action: 4, doubted: 3 }],
    ['of one that was ends it', [open(3), runs(4)], { action: 4 }],
    [
      'of one of two that are in doubt leaves nothing known',
      [runs(1), open(3), open(4), failed(4)],
      { action: 2, isForgotten: true },
    ],
    ['of an older one ends no doubt', [open(3), runs(2)], { action: 2, doubted: 3 }],
  ])('%s', (_what, words, expected) => {
    expect(words.reduce(learn, {} as KnownFirmware)).toEqual(expected);
  });

  test('however late, or often, words come: what is known without a doubt is so', () => {
    const action = fc.record({
      installs: fc.boolean(),
      speaks: fc.constantFrom('in time', 'late', 'never'),
      comesAfter: fc.nat(6),
      again: fc.boolean(),
    });
    let certain = 0;
    fc.assert(
      fc.property(fc.array(action, { maxLength: 8 }), (actions) => {
        let runsNow = 0;
        const heard: { readonly at: number; readonly word: FirmwareWord }[] = [];
        actions.forEach(({ installs, speaks, comesAfter, again }, index) => {
          const id = index + 1;
          if (installs) runsNow = id;
          const word = installs ? runs(id) : failed(id);
          if (speaks !== 'in time') heard.push({ at: id, word: open(id) });
          if (speaks !== 'never') heard.push({ at: speaks === 'late' ? id + comesAfter : id, word });
          if (speaks !== 'never' && again) heard.push({ at: id + comesAfter, word });
        });
        // What comes within one action's time comes in its order.
        heard.sort((a, b) => a.at - b.at);
        const known = heard.map(({ word }) => word).reduce(learn, {} as KnownFirmware);
        if (known.action === undefined || known.isForgotten) return;
        if (known.doubted === undefined) certain += 1;
        expect([known.action, known.doubted]).toContain(runsNow);
      }),
      { numRuns: 2_000 },
    );
    expect(certain).toBeGreaterThan(500);
  });
});
