import { expect, test } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import { guidePage } from './guarded-kafka.js';

const page = readFileSync(guidePage, 'utf8');
const sources = readdirSync(new URL('../src/', import.meta.url), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => withoutIndentation(readFileSync(`${entry.parentPath}/${entry.name}`, 'utf8')));

test.each([...page.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code = '']) => [code.split('\n')[0], code]))(
  'the guide shows a stretch of the sample as it is: %s',
  (_first, code) => {
    expect(sources.some((text) => text.includes(withoutIndentation(code ?? '')))).toBe(true);
  },
);

test('the guide shows code at all', () => {
  expect(page.match(/^```ts$/gm)?.length).toBeGreaterThan(3);
});

/** A stretch from the middle of a function begins at the margin on the page. */
function withoutIndentation(text: string): string {
  return text.replace(/^ +/gm, '');
}
