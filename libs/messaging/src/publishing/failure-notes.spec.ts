import { expect, test } from '@jest/globals';
import { silentLogger } from '@myelin/observability';
import type { MessagingLogger } from '../settings.js';
import { FailureNotes } from './failure-notes.js';

test('failures that follow each other closely are told once in ten seconds, with the number of the others', () => {
  const lines: unknown[] = [];
  const logger = { ...silentLogger, warn: (line: unknown) => void lines.push(line) } as unknown as MessagingLogger;
  const notes = new FailureNotes(logger);
  const fault = { reason: 'NOT_LEADER_FOR_PARTITION', kind: 'not-leader' } as const;
  for (const nowMs of [1_000, 1_040, 1_080, 10_999, 11_000, 30_000]) notes.failed(fault, nowMs);
  expect(lines).toEqual([fault, { ...fault, untold: 3 }, fault]);
});
