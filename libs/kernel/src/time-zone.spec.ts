import { expect, test } from '@jest/globals';
import { isTimeZone, utcOffsetMsAt } from './time-zone.js';

test('formats are remembered, and never more than two hundred, however often a zone is spelled otherwise', () => {
  const Original = Intl.DateTimeFormat;
  let made = 0;
  class Counted extends Original {
    constructor(...settings: ConstructorParameters<typeof Original>) {
      super(...settings);
      made += 1;
    }
  }
  Object.defineProperty(Intl, 'DateTimeFormat', { value: Counted, configurable: true, writable: true });
  try {
    expect([isTimeZone('Europe/Berlin'), isTimeZone('Europe/Berlin')]).toEqual([true, true]);
    expect(made).toBe(1);
    for (let nth = 1; nth <= 300; nth++) {
      const spelled = [...'singapore'].map((letter, bit) => ((nth >> bit) & 1 ? letter.toUpperCase() : letter));
      expect(isTimeZone(spelled.join(''))).toBe(true);
    }
    isTimeZone('Europe/Berlin');
    expect(made).toBe(302);
  } finally {
    Object.defineProperty(Intl, 'DateTimeFormat', { value: Original, configurable: true, writable: true });
  }
});

test.each([
  ['Europe/Berlin', '2026-03-29T00:59:59.999Z', 60],
  ['Europe/Berlin', '2026-03-29T01:00:00.000Z', 120],
  ['America/St_Johns', '2026-01-01T00:00:00.500Z', -210],
  ['UTC', '1969-12-31T23:59:59.999Z', 0],
])('the offset of %s at %s is %d minutes', (timeZone, instant, minutes) => {
  expect(utcOffsetMsAt(timeZone, Date.parse(instant))).toBe(minutes * 60_000);
});
