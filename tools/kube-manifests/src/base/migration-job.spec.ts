import { describe, expect, test } from '@jest/globals';
import { services } from '../services.js';
import { migrationJob } from './migration-job.js';

const [service] = services.filter(({ name }) => name === 'alerting');

describe('the name of a migration job', () => {
  const nameOf = (version: string, migrations: string[]): string =>
    migrationJob(service!, version, migrations).metadata.name;

  test('is the same for the same version and migrations', () => {
    expect(nameOf('1.0.0', ['a', 'b'])).toBe(nameOf('1.0.0', ['a', 'b']));
    expect(nameOf('1.0.0', ['a', 'b'])).toMatch(/^alerting-migrate-[0-9a-f]{10}$/);
  });

  test('is another for another version, another migration, another image or command: a Job cannot be changed', () => {
    const names = [nameOf('1.0.0', ['a', 'b']), nameOf('1.0.1', ['a', 'b']), nameOf('1.0.0', ['a', 'B'])];
    names.push(migrationJob({ ...service!, migration: { appUrl: false } }, '1.0.0', ['a', 'b']).metadata.name);
    expect(new Set(names).size).toBe(names.length);
  });
});
