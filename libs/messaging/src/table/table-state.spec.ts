import { expect, test } from '@jest/globals';
import { deviceStateV1 } from '@myelin/contracts';
import fc from 'fast-check';
import { fetchedRecord } from '../client/kafkajs/decoded-record.js';
import { encodeEvent } from '../encoding/encode-event.js';
import { TableState } from './table-state.js';

test('any order and any repetition of the same versions ends in the same table', () => {
  const change = fc.record({ key: fc.constantFrom('acme/a', 'acme/b'), version: fc.integer({ min: 1, max: 6 }) });
  fc.assert(
    fc.property(
      fc
        .array(change, { maxLength: 12 })
        .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray([...list, ...list]))),
      ([changes, arrivals]) => {
        const rows = new Map<string, number | null>();
        const state = new TableState({
          contract: deviceStateV1,
          onRecord: (key, payload, version) => rows.set(key, payload === null ? null : version),
        });
        for (const { key, version } of [...arrivals, ...changes]) {
          // Every third version deletes.
          const payload = version % 3 === 0 ? null : { ...deviceStateV1.example, version };
          const { value, headers } = encodeEvent({ contract: deviceStateV1, key, payload, version }, '/test');
          const bytes = Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]));
          state.apply(fetchedRecord({ offset: '0', timestamp: '0', key: Buffer.from(key), value, headers: bytes }));
        }
        for (const key of ['acme/a', 'acme/b']) {
          const newest = Math.max(0, ...changes.filter((entry) => entry.key === key).map(({ version }) => version));
          const wanted = newest === 0 ? undefined : newest % 3 === 0 ? null : newest;
          expect(rows.get(key)).toBe(wanted);
        }
      },
    ),
  );
});
