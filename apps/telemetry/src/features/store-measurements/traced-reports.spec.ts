import { describe, expect, test } from '@jest/globals';
import type { Attributes, Span } from '@opentelemetry/api';
import type { Measurement } from '../../domain/measurement.js';
import { planBatch } from '../../domain/plan-batch.js';
import type { DecodedReport } from './decode-report.js';
import { noteOutcomes } from './traced-reports.js';

const measurement = (tsMs: number, more: Partial<Measurement> = {}): Measurement => ({
  ...{ deviceIndex: 1, tsMs, receivedAtMs: 0, boot: undefined, seq: undefined, fingerprint: 'f', metrics: ['t'] },
  ...{ shape: 's', valuesJson: '{}', retentionClass: 1, outOfRange: [], ...more },
});

const report = (offset: bigint, measurements: readonly Measurement[], evaluateOnly = 0): DecodedReport => ({
  ...{ deviceIndex: measurements[0]?.deviceIndex ?? 2, key: 'acme/d-1', offset, profile: undefined },
  ...{ measurements, evaluateOnly },
});

function outcomes(traced: readonly DecodedReport[], together: readonly DecodedReport[]): (string | undefined)[] {
  const all = together.flatMap(({ measurements }) => measurements);
  const evaluatedOnly = together.filter(({ evaluateOnly }) => evaluateOnly > 0);
  const plan = planBatch(all, [], ({ tsMs }) => tsMs < 0, evaluatedOnly);
  return traced.map((one) => {
    let noted: Attributes = {};
    const span = { setAttributes: (attributes: Attributes) => void (noted = attributes) } as unknown as Span;
    noteOutcomes([{ report: one, span }], plan, together);
    expect(noted).toMatchObject({ 'myelin.tenant': 'acme', 'myelin.device': 'd-1' });
    return noted['myelin.outcome'] as string | undefined;
  });
}

describe('what became of a traced report', () => {
  test('is told apart: stored, a copy of one before it, too old, and only evaluated', () => {
    const [first, copy] = [report(1n, [measurement(1)]), report(2n, [measurement(1)])];
    const old = report(3n, [measurement(-1, { deviceIndex: 3 })]);
    const evaluated = report(4n, [], 2);
    const all = [first, copy, old, evaluated];
    expect(outcomes(all, all)).toEqual(['stored', 'duplicate', 'expired', 'evaluated-only']);
  });

  test('of several measurements is that one of them is stored', () => {
    const [first, mixed] = [report(1n, [measurement(1)]), report(2n, [measurement(1), measurement(2)])];
    expect(outcomes([mixed], [first, mixed])).toEqual(['stored']);
  });
});
