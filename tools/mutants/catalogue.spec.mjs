import { describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { mutants } from './catalogue.mjs';
import { mutant, mutated } from './mutant.mjs';
import { judged } from './run-suite.mjs';

const fromRoot = (path) => new URL(`../../${path}`, import.meta.url);

describe('the catalogue of mutants', () => {
  test('has at least 25, each with a name of its own', () => {
    expect(mutants.length).toBeGreaterThanOrEqual(25);
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  });

  test.each(mutants.map((each) => [each.name, each]))('%s fits the code, and its suite is there', (_name, each) => {
    const text = readFileSync(fromRoot(each.file), 'utf8');
    expect(mutated(each, text)).not.toBe(text);
    expect(existsSync(fromRoot(`${each.suite.project}/${each.suite.file}`))).toBe(true);
  });
});

describe('a mutant', () => {
  const sample = mutant({ name: 'sample', promise: '-', file: 'x.ts', edits: [['a', 'b$&']], suite: {} });

  test('changes the one place that it names, to the letter', () => {
    expect(mutated(sample, 'xay')).toBe('xb$&y');
  });

  test.each(['xy', 'aa'])('is refused where its place is not there exactly once: %s', (text) => {
    expect(() => mutated(sample, text)).toThrow(/stands [02] times in x\.ts/);
  });
});

describe('a run', () => {
  const suite = (status, ...tests) => ({
    numFailedTests: tests.filter((each) => each === 'failed').length,
    numPassedTests: tests.filter((each) => each === 'passed').length,
    testResults: [
      { status, message: 'why', assertionResults: tests.map((each) => ({ status: each, fullName: each })) },
    ],
  });

  test('is red only when a test failed', () => {
    expect(judged(suite('failed', 'passed', 'failed')).outcome).toBe('red');
    expect(judged(suite('passed', 'passed')).outcome).toBe('green');
    expect(judged(suite('focused', 'passed', 'pending')).outcome).toBe('green');
  });

  test('says nothing when the suite could not be loaded, or has no test', () => {
    expect(judged(suite('failed')).outcome).toBe('unable');
    expect(judged(suite('passed')).outcome).toBe('unable');
  });
});
