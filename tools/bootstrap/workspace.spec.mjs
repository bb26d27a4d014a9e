import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { commands } from './commands.mjs';
import { missingPlatforms } from './missing-platforms.mjs';

const root = new URL('../../', import.meta.url);
const readJson = (name) => JSON.parse(readFileSync(new URL(name, root), 'utf8'));

describe('the workspace', () => {
  test('every npm script goes through the bootstrap, and every command of the bootstrap is a script', () => {
    // `exec`, because npm's shell would otherwise keep a SIGTERM to itself.
    const expected = Object.keys(commands).map((name) => [name, `exec node tools/bootstrap/run.mjs ${name}`]);
    expect(readJson('package.json').scripts).toEqual(Object.fromEntries(expected));
  });

  test('versions are exact, and every package has the one version of the workspace', () => {
    const { packages } = readJson('package-lock.json');
    const own = Object.entries(packages).filter(([path]) => !path.includes('node_modules'));
    for (const [path, entry] of own) {
      expect([path, entry.version]).toEqual([path, packages[''].version]);
      const wanted = { ...entry.dependencies, ...entry.devDependencies, ...entry.optionalDependencies };
      const loose = Object.entries(wanted).filter(
        ([name, range]) => !name.startsWith('@myelin/') && !/^\d/.test(range),
      );
      expect([path, loose]).toEqual([path, []]);
    }
  });

  test('the lockfile names no registry', () => {
    expect(readFileSync(new URL('package-lock.json', root), 'utf8')).not.toMatch(/https?:\/\/[^"]*\.tgz/);
  });

  test('the lockfile names the packages of every platform; if not: node tools/bootstrap/complete-lockfile.mjs', () => {
    expect(missingPlatforms(readJson('package-lock.json').packages)).toEqual([]);
  });

  test('every dependency with an install script is decided on', () => {
    const decided = readJson('package.json').allowScripts;
    const { packages } = readJson('package-lock.json');
    const withScripts = Object.entries(packages)
      .filter(([, entry]) => entry.hasInstallScript)
      .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
    expect(Object.keys(decided).sort()).toEqual([...new Set(withScripts)].sort());
  });
});
