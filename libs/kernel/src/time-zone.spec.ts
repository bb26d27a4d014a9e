import { expect, test } from '@jest/globals';
import { isTimeZone } from './time-zone.js';

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
