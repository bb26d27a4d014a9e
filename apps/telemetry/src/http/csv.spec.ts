import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { csvCell, csvLine } from './csv.js';

/** A reader of RFC 4180, character by character. */
function parsed(text: string): { text: string; quoted: boolean }[][] {
  const rows: { text: string; quoted: boolean }[][] = [[]];
  let cell = { text: '', quoted: false };
  const end = (): void => {
    rows.at(-1)?.push(cell);
    cell = { text: '', quoted: false };
  };
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"') {
      cell.quoted = true;
      for (at += 1; text[at] !== '"' || text[at + 1] === '"'; at++) {
        if (text[at] === '"') at += 1;
        cell.text += text[at];
      }
    } else if (text[at] === ',') end();
    else if (text.startsWith('\r\n', at)) {
      end();
      rows.push([]);
      at += 1;
    } else cell.text += text[at];
  }
  return rows.slice(0, -1);
}

const text = fc.string({
  unit: fc.constantFrom(...['=', '+', '-', '@', "'", '"', ',', '\r', '\n', '\t', ' ', 'a', '1', '\uFF1D', '\u{1F600}']),
  maxLength: 6,
});

describe('a CSV cell', () => {
  test('gives any text back: unquoted, and without one apostrophe in front', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), (texts) => {
        const [row = []] = parsed(csvLine(texts));
        expect(row.map((cell) => cell.text.replace(/^'/, ''))).toEqual(texts);
      }),
      { numRuns: 500 },
    );
  });

  test('never begins as a formula when it is text, whatever a spreadsheet strips first', () => {
    fc.assert(
      fc.property(text, (one) => {
        expect(parsed(csvLine([one]))[0]?.[0]?.text).not.toMatch(/^(?:\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|[\t\r\n])/);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    [undefined, ''],
    [null, ''],
    ['', '""'],
    [-1.5e-7, '-1.5e-7'],
    [false, 'false'],
    ['-1', "'-1"],
    ["'quoted", "''quoted"],
    ['plain text', 'plain text'],
    ['a "b", c', '"a ""b"", c"'],
    [[1, 2], '"[1,2]"'],
    [{ lat: 1 }, '"{""lat"":1}"'],
  ])('of %j is %s', (value, cell) => {
    expect(csvCell(value)).toBe(cell);
  });

  test('a line ends with CR and LF', () => {
    expect(csvLine(['a', 1])).toBe('a,1\r\n');
  });
});
