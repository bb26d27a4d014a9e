import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { runbookOf } from './alert.js';
import { allAlerts, derivedFiles } from './derived-files.js';

const workspace = new URL('../../../', import.meta.url);
const runbooks = fileURLToPath(new URL('docs/runbooks/', workspace));

describe('what derives from the objectives', () => {
  test.each([...derivedFiles()])('%s is current; if not: npm run generate', (path, content) => {
    expect(readFileSync(new URL(path, workspace), 'utf8')).toBe(content);
  });
});

describe('runbooks', () => {
  const names = [...new Set(allAlerts.map(runbookOf))];

  test.each(names)('%s is there, and says what it means, what to look at, why it may be and what to do', (name) => {
    const page = existsSync(runbooks + name) ? readFileSync(runbooks + name, 'utf8') : '';
    expect(page.match(/^## .*$/gm)).toEqual(['## What it means', '## Look first', '## Causes', '## Remedies']);
    expect(page.slice(page.indexOf('## Look first'), page.indexOf('## Causes'))).toMatch(/```sh\n[^]+\n```/);
  });

  test('there is none for an alert that does not exist', () => {
    expect(readdirSync(runbooks).sort()).toEqual([...names, 'README.md'].sort());
  });
});
