import { describe, expect, test } from '@jest/globals';
import { RareNotes } from './rare-notes.js';

describe('notes of what happens again and again', () => {
  test('are told once in ten seconds per kind, with how many went untold', () => {
    const notes = new RareNotes();
    const told = [1_000, 1_040, 1_080, 10_999, 11_000, 30_000].map((nowMs) => notes.due('a', nowMs));
    expect(told).toEqual([{}, undefined, undefined, undefined, { untold: 3 }, {}]);
    expect(notes.due('b', 1_050)).toEqual({});
  });

  test('remember a bounded number of kinds', () => {
    const notes = new RareNotes();
    for (let i = 0; i < 150; i += 1) notes.due(`kind ${i}`, i);
    expect(notes.due('kind 149', 200)).toBeUndefined();
    expect(notes.due('kind 0', 200)).toEqual({});
  });
});
