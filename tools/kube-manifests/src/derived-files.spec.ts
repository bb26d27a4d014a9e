import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { derivedFiles } from './derived-files.js';

const workspace = new URL('../../../', import.meta.url);

describe('the manifests that derive from the code', () => {
  test.each([...derivedFiles()])('%s is current; if not: npm run generate', (path, content) => {
    const file = new URL(path, workspace);
    expect(existsSync(file) ? readFileSync(file, 'utf8') : undefined).toBe(content);
  });
});
