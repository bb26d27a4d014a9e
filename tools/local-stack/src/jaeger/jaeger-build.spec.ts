import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ensureJaeger, goVersion, isNewEnough, jaegerModule, jaegerModuleFolder } from './jaeger-build.js';

describe('the module that Jaeger is built from', () => {
  const module = readFileSync(join(jaegerModuleFolder, 'go.mod'), 'utf8');
  const sums = new Set(
    readFileSync(join(jaegerModuleFolder, 'go.sum'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => /^\S+ \S+ (?=h1:[A-Za-z0-9+/]{43}=$)/.exec(line)?.[0].trimEnd() ?? `not a sum: ${line}`),
  );

  test('names the version, the program and the oldest Go that the build goes by', () => {
    expect(module).toContain(`\nrequire ${jaegerModule.path} ${jaegerModule.version}\n`);
    expect(module).toContain(`\ntool ${jaegerModule.path}/cmd/jaeger\n`);
    const [, oldest = ''] = /^go (\S+)$/m.exec(module) ?? [];
    expect(isNewEnough(goVersion(`go${oldest}`) ?? [0, 0, 0])).toBe(true);
    const [major = 0, minor = 0, patch = 0] = goVersion(`go${oldest}`) ?? [];
    expect(isNewEnough([major, minor, patch - 1])).toBe(false);
  });

  test('has a check sum for each of its requirements, as replaced', () => {
    const replaced = new Map([...module.matchAll(/^replace (\S+) => (\S+ \S+)$/gm)].map(([, from, to]) => [from, to]));
    const required = [...module.matchAll(/^(?:\t|require )(\S+) (v\S+)/gm)].map(
      ([, path, version]) => replaced.get(path) ?? `${path} ${version}`,
    );
    expect(required.length).toBeGreaterThan(300);
    expect(required.filter((one) => !sums.has(`${one}/go.mod`))).toEqual([]);
    expect(sums).toContain(`${jaegerModule.path} ${jaegerModule.version}`);
    expect([...sums].filter((sum) => sum.startsWith('not a sum'))).toEqual([]);
  });
});

test('the version of Go is read from what it says of itself', () => {
  expect(goVersion('go version go1.26.8 linux/amd64')).toEqual([1, 26, 8]);
  expect(goVersion('go version go1.25 darwin/arm64')).toEqual([1, 25, 0]);
  expect(goVersion('go: not found')).toBeUndefined();
  expect(
    [
      [1, 24, 6],
      [1, 25, 0],
      [2, 0, 0],
    ].map((version) => isNewEnough(version as [number, number, number])),
  ).toEqual([true, true, true]);
  expect(
    [
      [1, 24, 5],
      [1, 23, 9],
      [0, 99, 0],
    ].map((version) => isNewEnough(version as [number, number, number])),
  ).toEqual([false, false, false]);
});

describe('without a Go', () => {
  const kept = { ...process.env };
  let cache: string;
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'cache-'));
    Object.assign(process.env, { MYELIN_CACHE: cache, PATH: cache });
  });
  afterEach(() => {
    process.env = { ...kept };
    rmSync(cache, { recursive: true });
  });

  test('a build says what to install, or what to set instead, and leaves nothing behind', async () => {
    await expect(ensureJaeger()).rejects.toMatchObject({
      code: 'local-stack.go-missing',
      message: expect.stringMatching(/Go 1\.24\.6 or newer.*OTEL_EXPORTER_OTLP_ENDPOINT=http:/),
    });
    expect(readdirSync(cache)).toEqual([]);
  });
});
