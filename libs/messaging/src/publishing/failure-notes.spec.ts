import { expect, test } from '@jest/globals';
import { silentLogger } from '@myelin/observability';
import type { MessagingLogger } from '../settings.js';
import { FailureNotes } from './failure-notes.js';

test('outages that follow each other closely are told once in ten seconds, with the number of the others', () => {
  const lines: unknown[] = [];
  const logger = { ...silentLogger, warn: (line: unknown) => void lines.push(line) } as unknown as MessagingLogger;
  const notes = new FailureNotes(logger);
  const fault = { reason: 'NOT_LEADER_FOR_PARTITION', kind: 'not-leader' } as const;
  for (const nowMs of [1_000, 1_040, 1_080, 10_999, 11_000, 30_000]) {
    notes.failed(fault, nowMs);
    notes.succeeded();
  }
  expect(lines).toEqual([fault, { ...fault, untold: 3 }, fault]);
});

test('that publishing goes on is told once after a failure that was told, and an outage that lasts is told in the end', () => {
  const lines: unknown[] = [];
  const tell = (fields: { failures?: number }, text: string): void => void lines.push([fields.failures, text]);
  const logger = { ...silentLogger, warn: tell, info: tell } as unknown as MessagingLogger;
  const notes = new FailureNotes(logger);
  const fault = { reason: 'NOT_LEADER_FOR_PARTITION', kind: 'not-leader' } as const;
  notes.succeeded();
  for (const nowMs of [1_000, 1_040]) notes.failed(fault, nowMs);
  for (let nth = 0; nth < 3; nth += 1) notes.succeeded();
  notes.failed(fault, 1_080);
  notes.succeeded();
  for (const nowMs of [2_000, 10_999, 11_000, 11_001, 50_000]) notes.failed(fault, nowMs);
  expect(lines).toEqual([
    [undefined, 'publishing fails, is tried again'],
    [2, 'publishing succeeds again'],
    [undefined, 'publishing fails, is tried again'],
  ]);
});
