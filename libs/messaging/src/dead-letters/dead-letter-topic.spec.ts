import { expect, test } from '@jest/globals';
import { fetchedRecord } from '../client/kafkajs/decoded-record.js';
import type { FetchedRecord } from '../client/port.js';
import { openDeadLetters } from './dead-letter-topic.js';

const letter = (offset: number, key: string, through?: number): FetchedRecord =>
  fetchedRecord({
    offset: String(offset),
    key: Buffer.from(key),
    value: null,
    timestamp: '0',
    headers: through === undefined ? {} : { 'dlq-replayed-through': Buffer.from(String(through)) },
  });
const offsets = (records: readonly FetchedRecord[]): number[] =>
  openDeadLetters(records).map(({ offset }) => Number(offset));

test('dead letters are open until a mark of their key covers them', () => {
  expect(offsets([letter(0, 'a'), letter(1, 'b'), letter(2, 'a')])).toEqual([0, 1, 2]);
  expect(offsets([letter(0, 'a'), letter(1, 'b'), letter(2, 'a'), letter(3, 'a', 2)])).toEqual([1]);
});

test('a record that was parked again during its replay is open, although the mark came after it', () => {
  expect(offsets([letter(0, 'a'), letter(1, 'a'), letter(2, 'a', 0)])).toEqual([1]);
});
