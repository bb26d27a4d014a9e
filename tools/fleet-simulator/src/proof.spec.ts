import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Ledger, type SentMeasurement } from './ledger.js';
import { prove, type StoredMeasurement } from './proof.js';

const device = 'd1';
const measurement = (seq: number): SentMeasurement => ({
  device,
  ts: 1_000 + seq,
  boot: 'b',
  seq,
  values: { temperature: seq / 2, online: true },
});

/** A ledger in which message i was acknowledged `acknowledgements[i]` times, and the store that honours it. */
function honest(acknowledgements: readonly number[], boot = 'b'): { ledger: Ledger; rows: StoredMeasurement[] } {
  const ledger = new Ledger();
  const log = ledger.open(device, boot, (seq) => measurement(seq).values);
  const rows: StoredMeasurement[] = [];
  acknowledgements.forEach((count) => {
    const seq = log.add(measurement(log.count).ts);
    for (let i = 0; i < Math.max(1, count); i += 1) {
      ledger.recordSent(log, seq);
      if (i < count) ledger.recordAcknowledged(log, seq);
    }
    if (count > 0) rows.push({ ...log.measurement(seq), duplicates: count - 1 });
  });
  return { ledger, rows };
}

/** Of a device that names its runs and measurements, and of one that does not. */
const boots = fc.constantFrom('b', '');
const histories = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 100 });

describe('the proof', () => {
  test('accepts a store that holds exactly what was acknowledged, in any order', async () => {
    await fc.assert(
      fc.asyncProperty(histories, boots, fc.infiniteStream(fc.nat()), async (acknowledgements, boot, order) => {
        const { ledger, rows } = honest(acknowledgements, boot);
        const shuffled = rows.map((row) => ({ row, at: order.next().value as number })).sort((a, b) => a.at - b.at);
        const result = await prove(ledger, () => Promise.resolve(shuffled.map(({ row }) => row)));
        expect(result.counts).toEqual({ lost: 0, doubled: 0, altered: 0, invented: 0, miscounted: 0 });
        expect(result.stored).toBe(ledger.accepted);
        expect(result.duplicatesCounted).toBe(ledger.duplicatesSent);
      }),
    );
  });

  const tampering: Record<string, (rows: StoredMeasurement[], at: number) => StoredMeasurement[]> = {
    lost: (rows, at) => rows.filter((_, i) => i !== at),
    doubled: (rows, at) => [...rows, rows[at] as StoredMeasurement],
    altered: (rows, at) =>
      rows.map((row, i) => (i === at ? { ...row, values: { ...row.values, temperature: -1 } } : row)),
    invented: (rows) => [...rows, { ...measurement(99_999), duplicates: 0 }],
    miscounted: (rows, at) => rows.map((row, i) => (i === at ? { ...row, duplicates: row.duplicates + 1 } : row)),
  };

  test.each(Object.keys(tampering))('names one row that was %s', async (fault) => {
    await fc.assert(
      fc.asyncProperty(histories, boots, fc.nat(), async (acknowledgements, boot, position) => {
        const { ledger, rows } = honest([1, ...acknowledgements], boot);
        const tampered = (tampering[fault] as (typeof tampering)[string])(rows, position % rows.length);
        const result = await prove(ledger, () => Promise.resolve(tampered));
        expect({ ...result.counts }).toEqual({
          lost: 0,
          doubled: 0,
          altered: 0,
          invented: 0,
          miscounted: 0,
          [fault]: 1,
        });
        expect(result.findings).toHaveLength(1);
      }),
    );
  });

  test.each([
    [3, [], {}],
    [4, [], {}],
    [2, [], { lost: 1 }],
    [5, [], { miscounted: 1 }],
    [3, [{ ...measurement(1), duplicates: 0 }], { invented: 1 }],
  ])(
    'of a device that is evaluated only, sent 4 times and acknowledged 3, %d counted and %j stored: %j',
    async (counted, rows, faults) => {
      const { ledger } = honest([1, 2, 0]);
      const evaluated = {
        ...{ isEvaluateOnly: () => true, isFiltered: () => false, evaluated: () => Promise.resolve(counted) },
        filtered: () => Promise.resolve(0),
      };
      const result = await prove(ledger, () => Promise.resolve(rows), evaluated);
      expect(result.counts).toEqual({ lost: 0, doubled: 0, altered: 0, invented: 0, miscounted: 0, ...faults });
      expect(result.evaluateOnly).toBe(counted);
    },
  );

  test.each([
    [0, { lost: 2 }],
    [1, { lost: 1 }],
    [2, {}],
    [3, {}],
    [4, { miscounted: 1 }],
  ])(
    'of four measurements, one of them not acknowledged, only one shown and %d filtered: %j',
    async (filtered, faults) => {
      const { ledger, rows } = honest([1, 2, 1, 0]);
      const counted = {
        ...{ isEvaluateOnly: () => false, isFiltered: () => false, evaluated: () => Promise.resolve(0) },
        filtered: () => Promise.resolve(filtered),
      };
      const result = await prove(ledger, () => Promise.resolve(rows.slice(0, 1)), counted);
      expect(result.counts).toEqual({ lost: 0, doubled: 0, altered: 0, invented: 0, miscounted: 0, ...faults });
      expect([result.stored, result.filtered]).toEqual([1, filtered]);
    },
  );

  test.each([
    [true, { online: true }, {}],
    [false, { online: true }, { altered: 1 }],
    [true, { online: false }, { altered: 1 }],
    [true, { online: true, battery: 1 }, { altered: 1 }],
    [true, {}, { altered: 1 }],
  ])('with filters: %j, of %j being left of a measurement: %j', async (isFiltered, values, faults) => {
    const { ledger, rows } = honest([1, 1]);
    const counted = {
      ...{ isEvaluateOnly: () => false, isFiltered: () => isFiltered, evaluated: () => Promise.resolve(0) },
      filtered: () => Promise.resolve(0),
    };
    const left = rows.map((row, i) => (i === 0 ? { ...row, values } : row));
    const { counts } = await prove(ledger, () => Promise.resolve(left), counted);
    expect(counts).toEqual({ lost: 0, doubled: 0, altered: 0, invented: 0, miscounted: 0, ...faults });
  });

  test('two measurements of one millisecond are told apart though the device names none', () => {
    const log = new Ledger().open(device, '', () => ({}));
    for (const ts of [5, 5, 4, 9]) log.add(ts);
    const stored = [5, 6, 7, 9].map((ts) => log.seqOf({ boot: '', seq: -1, ts }));
    expect(stored).toEqual([0, 1, 2, 3]);
    expect([4, 8, 10].map((ts) => log.seqOf({ boot: '', seq: -1, ts }))).toEqual([undefined, undefined, undefined]);
  });

  test('allows a measurement that was sent but never acknowledged to be stored once', async () => {
    const { ledger, rows } = honest([0, 1]);
    const result = await prove(ledger, () => Promise.resolve([...rows, { ...measurement(0), duplicates: 0 }]));
    expect(result.counts).toEqual({ lost: 0, doubled: 0, altered: 0, invented: 0, miscounted: 0 });
    expect(result.storedUnacknowledged).toBe(1);
  });

  test('reads again what is incomplete, and only that, until it is complete', async () => {
    const { ledger, rows } = honest([1, 2]);
    const other = ledger.open('d2', 'b', (seq) => measurement(seq).values);
    ledger.recordSent(other, other.add(1_000));
    const reads: string[] = [];
    const read = (asked: string) => {
      reads.push(asked);
      return Promise.resolve(asked === 'd2' ? [] : rows.slice(0, reads.length - 1));
    };
    const patience = { deadlineMs: 60_000, pause: () => Promise.resolve() };
    const { counts, stored } = await prove(ledger, read, undefined, patience);
    expect(reads).toEqual(['d1', 'd2', 'd1']);
    expect({ ...counts, stored }).toMatchObject({ lost: 0, miscounted: 0, stored: 2 });
  });

  test('what is still missing when patience is over is lost', async () => {
    const { ledger, rows } = honest([1, 2]);
    const patience = { deadlineMs: 0, pause: () => Promise.resolve() };
    const { counts, stored } = await prove(ledger, () => Promise.resolve(rows.slice(1)), undefined, patience);
    expect({ ...counts, stored }).toMatchObject({ lost: 1, stored: 1 });
  });
});
