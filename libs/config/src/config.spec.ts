import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  ConfigError,
  type ConfigOf,
  type ConfigProblem,
  type ConfigSchema,
  boolean,
  bytes,
  decimal,
  defineConfig,
  duration,
  integer,
  list,
  loadConfig,
  oneOf,
  port,
  redactedConfig,
  secret,
  text,
  url,
} from './index.js';

const schema = defineConfig({
  httpPort: port('HTTP_PORT', { default: 7082 }),
  databaseUrl: secret('DATABASE_URL'),
  brokers: list('KAFKA_BROKERS'),
  lingerMs: duration('PUBLISH_LINGER', { default: '5ms' }),
  maxBodyBytes: bytes('MAX_BODY', { default: '512KiB' }),
  pretty: boolean('LOG_PRETTY', { default: false }),
  mode: oneOf('MODE', ['fast', 'safe'], { default: 'safe' }),
  name: text('NAME', { optional: true }),
  workers: integer('WORKERS', { min: 1, max: 16, default: 2 }),
  ratio: decimal('RATIO', { min: 0, max: 1, default: 0.01 }),
  issuer: url('ISSUER', { optional: true }),
});

const enough = { DATABASE_URL: 'postgres://app:hunter2@db/app', KAFKA_BROKERS: 'a:9092, b:9092' };

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'config-'))));
afterAll(() => rmSync(folder, { recursive: true }));

function fileWith(content: string): string {
  const path = join(folder, `${Math.random()}`);
  writeFileSync(path, content);
  return path;
}

function problemsOf(used: ConfigSchema, env: Record<string, string>): readonly ConfigProblem[] {
  try {
    loadConfig(used, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('loading', () => {
  test('turns texts into typed values, with defaults in place of what is not set', () => {
    const config: ConfigOf<typeof schema> = loadConfig(schema, { ...enough, PUBLISH_LINGER: '2s', MODE: 'fast' });
    const mode: 'fast' | 'safe' = config.mode;
    const name: string | undefined = config.name;
    expect({ ...config, mode, name }).toEqual({
      httpPort: 7082,
      databaseUrl: 'postgres://app:hunter2@db/app',
      brokers: ['a:9092', 'b:9092'],
      lingerMs: 2000,
      maxBodyBytes: 524_288,
      pretty: false,
      mode: 'fast',
      name: undefined,
      workers: 2,
      ratio: 0.01,
      issuer: undefined,
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  test('an empty variable counts as not set', () => {
    expect(loadConfig(schema, { ...enough, HTTP_PORT: '', NAME: '' })).toMatchObject({ httpPort: 7082 });
    expect(problemsOf(schema, { ...enough, KAFKA_BROKERS: '' })).toMatchObject([{ variable: 'KAFKA_BROKERS' }]);
  });

  test('reports all problems together, each with variable, what was wrong and what is expected', () => {
    const env = {
      HTTP_PORT: '80x',
      PUBLISH_LINGER: '5',
      MAX_BODY: '5MB',
      MODE: 'slow',
      WORKERS: '17',
      LOG_PRETTY: 'yes',
    };
    expect(problemsOf(schema, { ...env, RATIO: '-1', ISSUER: 'nowhere', KAFKA_BROKERS: 'a,,b' })).toEqual([
      { variable: 'HTTP_PORT', problem: 'is not such a number (found "80x")', expected: 'a port number, 0 to 65535' },
      { variable: 'DATABASE_URL', problem: 'is not set', expected: 'a secret text' },
      { variable: 'KAFKA_BROKERS', problem: 'has an empty item (found "a,,b")', expected: 'texts separated by commas' },
      {
        variable: 'PUBLISH_LINGER',
        problem: 'has no unit (found "5")',
        expected: 'a duration such as 5ms, 2s, 1m, 3h or 7d',
      },
      {
        variable: 'MAX_BODY',
        problem: 'has an unknown unit (found "5MB")',
        expected: 'a size such as 512KiB, 64MiB, 1GiB or 100B',
      },
      { variable: 'LOG_PRETTY', problem: 'is not true or false (found "yes")', expected: 'true or false' },
      { variable: 'MODE', problem: 'is not one of the choices (found "slow")', expected: 'one of fast, safe' },
      { variable: 'WORKERS', problem: 'is too large (found "17")', expected: 'a whole number, 1 to 16' },
      { variable: 'RATIO', problem: 'is too small (found "-1")', expected: 'a number, 0 to 1' },
      { variable: 'ISSUER', problem: 'is not an absolute URL', expected: 'an absolute URL' },
    ]);
  });

  test('the error is readable as it stands', () => {
    const load = () => loadConfig(schema, { KAFKA_BROKERS: 'a:1' });
    expect(load).toThrow('the configuration has 1 problem:\n  DATABASE_URL is not set; expected a secret text');
    expect(load).toThrow(expect.objectContaining({ code: 'config.invalid', retryable: false }));
  });

  test.each([
    ['5ms', 5],
    ['2s', 2_000],
    ['1m', 60_000],
    ['1.5h', 5_400_000],
    ['7d', 604_800_000],
    ['0', 0],
  ])('the duration %s is %d ms', (raw, ms) => {
    expect(loadConfig(defineConfig({ d: duration('D') }), { D: raw }).d).toBe(ms);
  });

  test.each([
    ['100B', 100],
    ['512KiB', 524_288],
    ['64MiB', 67_108_864],
    ['1GiB', 1_073_741_824],
  ])('the size %s is %d bytes', (raw, count) => {
    expect(loadConfig(defineConfig({ b: bytes('B') }), { B: raw }).b).toBe(count);
  });

  test('a duration is not shorter than what is the least', () => {
    const schema = defineConfig({ d: duration('D', { default: '2m', minMs: 60_000 }) });
    expect([{}, { D: '60s' }].map((given) => loadConfig(schema, given).d)).toEqual([120_000, 60_000]);
    expect(() => loadConfig(schema, { D: '59s' })).toThrow('D is shorter than 60000ms');
    expect(() => defineConfig({ d: duration('D', { default: '1s', minMs: 60_000 }) })).toThrow('the default of D');
  });

  test.each(['5 ms', '-5ms', '1e3ms', '0.5ms', 'ms', '5MS', '99999999999999999d', '5constructor'])(
    'the duration %j is refused',
    (raw) => expect(problemsOf(defineConfig({ d: duration('D') }), { D: raw })).toHaveLength(1),
  );
});

describe('values from files', () => {
  test.each([
    ['a secret', defineConfig({ x: secret('X') })],
    ['a text', defineConfig({ x: text('X') })],
  ])('%s may come from the file that <NAME>_FILE names, without its trailing line break', (_, used) => {
    expect(loadConfig(used, { X_FILE: fileWith('s3cret \n') })).toEqual({ x: 's3cret ' });
  });

  test('both the variable and its file is a problem', () => {
    expect(problemsOf(schema, { ...enough, DATABASE_URL_FILE: fileWith('y') })).toMatchObject([
      { variable: 'DATABASE_URL', problem: 'and DATABASE_URL_FILE are both set' },
    ]);
  });

  test('a missing and an empty file are problems of the _FILE variable', () => {
    const used = defineConfig({ x: secret('X'), y: secret('Y') });
    expect(problemsOf(used, { X_FILE: join(folder, 'absent'), Y_FILE: fileWith('\n') })).toMatchObject([
      { variable: 'X_FILE', problem: 'cannot be read (ENOENT)' },
      { variable: 'Y_FILE', problem: 'names an empty file' },
    ]);
  });
});

describe('what is shown', () => {
  test('a problem never shows the value of a secret or of a URL', () => {
    const used = defineConfig({ a: secret('A', { pattern: /^\d+$/, expected: 'digits' }), b: url('B') });
    const problems = problemsOf(used, { A: 'hunter2', B: 'hunter2:/pass@' });
    expect(problems).toEqual([{ variable: 'A', problem: 'does not have the right form', expected: 'digits' }]);
    expect(JSON.stringify(problemsOf(used, { A: 'hunter2', B: '//u:hunter2@h' }))).not.toContain('hunter2');
  });

  test('the redacted copy shows only what the schema declares, secrets as (set), URLs without user info', () => {
    const issuer = 'https://me:hunter2@issuer.example/path?token=hunter2#x';
    const config = loadConfig(schema, { ...enough, ISSUER: issuer });
    const shown = redactedConfig(schema, { ...config, added: 'hunter2' } as typeof config);
    expect(shown).toMatchObject({ databaseUrl: '(set)', issuer: 'https://issuer.example/path', lingerMs: 5 });
    expect(JSON.stringify(shown)).not.toContain('hunter2');
  });
});

describe('declaring', () => {
  test('refuses a default that its own parser refuses, a variable declared twice, and a text that sounds secret', () => {
    expect(() => defineConfig({ a: duration('A', { default: '5' }) })).toThrow('the default of A');
    expect(() => defineConfig({ a: text('A'), b: port('A') })).toThrow('A is declared twice');
    expect(() => text('DB_PASSWORD')).toThrow('declare it with secret()');
  });
});
