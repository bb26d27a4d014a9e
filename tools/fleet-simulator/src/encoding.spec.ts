import { describe, expect, test } from '@jest/globals';
import { decodedContent, decodeReport } from '@myelin/encodings';
import { encodedReport, type Encoding, encodingOf, namesMeasurements } from './encoding.js';
import type { SentMeasurement } from './ledger.js';

const measurement = (nth: number): SentMeasurement => ({
  device: 'sim-1',
  ts: 1_795_420_800_123 + nth * 37,
  boot: 'b',
  seq: nth,
  values: { temperature: 21.3 + nth / 7, battery: 80, online: nth % 2 === 0, state: 'ok' },
});

const received = { nowMs: 0, unitOf: () => undefined, maxDepth: 16, maxBytes: 524_288 };

describe('a mixed fleet', () => {
  const encodings = Array.from({ length: 12 }, (_, nth) => encodingOf(nth, 'mixed'));

  test('writes in every media type with every content coding', () => {
    expect(new Set(encodings.map(({ mediaType, coding }) => `${mediaType} ${coding}`)).size).toBe(12);
  });

  test.each(encodings)('is read as what it measured: $mediaType, $coding', (encoding: Encoding) => {
    for (const measurements of [[measurement(0)], [3, 1, 2].map(measurement)]) {
      const body = encodedReport(encoding, 'sim-1', measurements);
      const plain = decodedContent(body, encoding.coding, { maxBytes: 524_288, maxInflation: 100 });
      const { value } = decodeReport(plain, encoding.mediaType, { ...received, device: 'sim-1' });
      const expected = measurements.map(({ ts, boot, seq, values }) =>
        namesMeasurements(encoding) ? { ts, boot, seq, values } : { ts, values },
      );
      expect([value].flat()).toEqual(expected);
    }
  });
});
