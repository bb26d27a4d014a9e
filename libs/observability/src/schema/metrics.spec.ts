import { describe, expect, test } from '@jest/globals';
import { httpAttributes, messagingAttributes, myelinAttributes } from './attributes.js';
import { metricAttributes } from './metric-attributes.js';
import { maxSeriesPerMetric } from './metric-declaration.js';
import { allMetrics } from './metrics.js';

describe('the declarations of metrics', () => {
  test('name each metric once, with what is counted, who emits it, and a description in one line', () => {
    const names = allMetrics.map(({ name }) => name);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
    for (const { name, unit, description, emittedBy } of allMetrics) {
      expect(name).toMatch(/^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$/);
      expect(unit).toMatch(/^(s|By|1|\{[a-z]+\})$/);
      expect(description).toMatch(/^[A-Z][^\n]{5,200}[^.]$/);
      expect(emittedBy.length).toBeGreaterThan(0);
    }
  });

  test('bound every attribute, none of which is a device, a key, an alarm, a rule or a rollout', () => {
    const forbidden = ['device', 'alarm', 'rule', 'rollout', 'assignment', 'receiver'] as const;
    const perOne = new Set<string>([...forbidden.map((key) => myelinAttributes[key]), messagingAttributes.kafkaOffset]);
    for (const { name, attributes } of allMetrics) {
      const series = Object.entries(attributes).map(([attribute, { values, pattern, atMost }]) => {
        expect([name, attribute, perOne.has(attribute)]).toEqual([name, attribute, false]);
        expect([name, attribute, values !== undefined || (pattern !== undefined && atMost !== undefined)]).toEqual([
          name,
          attribute,
          true,
        ]);
        return values?.length ?? atMost ?? Infinity;
      });
      // Whoever has a status has not every method: the product is an upper bound that nobody reaches.
      expect(Math.max(0, ...series)).toBeLessThanOrEqual(maxSeriesPerMetric);
    }
  });

  test('give histograms ascending bounds, and nothing else bounds', () => {
    for (const { name, instrument, bounds } of allMetrics) {
      const sorted = bounds === undefined ? undefined : [...new Set(bounds)].sort((a, b) => a - b);
      expect([name, bounds !== undefined]).toEqual([name, instrument === 'histogram']);
      expect(bounds).toEqual(sorted);
    }
  });

  test('call what spans have too by the same name', () => {
    const ofSpans: Readonly<Record<string, string>> = {
      ...httpAttributes,
      ...messagingAttributes,
      ...myelinAttributes,
    };
    for (const [key, name] of Object.entries(metricAttributes)) expect(ofSpans[key] ?? name).toBe(name);
  });
});
