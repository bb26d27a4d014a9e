import { beforeAll, describe, expect, test } from '@jest/globals';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import { houseConfig } from './house-config.mjs';
import { plugin } from './plugin.mjs';

const root = fileURLToPath(new URL('./fixtures', import.meta.url));
const fixtures = globSync('**/*.ts', { cwd: root }).sort();

/** The first line of a fixture says what must happen to it: `// refused <rule>: <message>` or `// allowed`. */
function expectationOf(path) {
  const [line] = readFileSync(join(root, path), 'utf8').split('\n');
  const refused = /^\/\/ refused (\S+): (.+)$/.exec(line);
  if (!refused && line !== '// allowed') throw new Error(`${path} does not say what must happen to it`);
  return refused ? [{ rule: refused[1], message: refused[2] }] : [];
}

const reports = new Map();

beforeAll(async () => {
  const eslint = new ESLint({ cwd: root, overrideConfigFile: true, overrideConfig: houseConfig(root) });
  for (const { filePath, messages } of await eslint.lintFiles(fixtures)) {
    const own = messages.filter(({ ruleId }) => !consequences.test(ruleId ?? ''));
    reports.set(
      filePath,
      own.map(({ ruleId, message }) => ({ rule: ruleId, message })),
    );
  }
}, 180_000);

/** Fixtures import what does not exist, so the checker knows no type of it. */
const consequences = /^@typescript-eslint\/(no-unsafe-|no-redundant-type-constituents$)/;

describe('every rule of the house is enforced', () => {
  test.each(fixtures)('%s', (path) => {
    expect(reports.get(join(root, path))).toEqual(expectationOf(path));
  });

  test('each rule of the plugin has a fixture that fails for each of its messages', () => {
    const refused = fixtures.flatMap(expectationOf);
    for (const [name, rule] of Object.entries(plugin.rules)) {
      for (const [id, template] of Object.entries(rule.meta.messages)) {
        const pattern = new RegExp(`^${template.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\{\w+\}\}/g, '.+')}$`);
        const found = refused.some((fixture) => fixture.rule === `myelin/${name}` && pattern.test(fixture.message));
        expect([name, id, found]).toEqual([name, id, true]);
      }
    }
  });
});
