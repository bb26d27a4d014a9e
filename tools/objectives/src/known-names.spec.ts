import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { allMetrics, familyName, labelName } from '@myelin/observability';
import { dashboards } from './dashboards/all-dashboards.js';
import { allAlerts } from './derived-files.js';
import { objectives } from './objectives.js';

/** Series of the declared metrics, and their labels, as Prometheus has them. */
const known = new Set(
  allMetrics.flatMap(({ name, unit, instrument, attributes }) => {
    const kind = instrument === 'up-down-counter' ? 'gauge' : instrument;
    const family = familyName(name, unit, kind);
    const endings = { counter: ['_total'], gauge: [''], histogram: ['_bucket', '_count', '_sum'] }[kind];
    return [...endings.map((ending) => family + ending), ...Object.keys(attributes).map(labelName)];
  }),
);

/** Everything in an expression that has the form of a name of ours or of OpenTelemetry's. */
function unknownIn(expression: string): string[] {
  const names = expression.match(/\b(myelin|http|nodejs|v8js|process|db|messaging)_[a-z0-9_]+/g) ?? [];
  return names.filter((name) => !known.has(name));
}

describe('only metrics and labels that are declared are asked for', () => {
  test('by objectives', () => {
    expect(objectives.flatMap((one) => unknownIn(`${one.events('5m')} ${one.failures('5m')}`))).toEqual([]);
  });

  test('by objectives, within boundaries that their histograms have', () => {
    const asked = objectives.flatMap((one) => {
      const found = /(\w+)_bucket\{[^}]*le=~?"([\d.]+)/.exec(one.failures('5m'));
      return found === null ? [] : [[String(found[1]), Number(found[2])] as const];
    });
    expect(asked).toHaveLength(4);
    for (const [family, bound] of asked) {
      const [metric] = allMetrics.filter(({ name, unit }) => familyName(name, unit, 'histogram') === family);
      expect([family, metric?.bounds?.includes(bound)]).toEqual([family, true]);
    }
  });

  test.each(allAlerts.map((alert) => [alert.name, alert] as const))('by %s and its trial', (_name, alert) => {
    const series = [...Object.keys(alert.trial.fires), ...Object.keys(alert.trial.quiet)];
    expect([alert.when, alert.summary, ...series].flatMap(unknownIn)).toEqual([]);
  });

  test.each(dashboards.map((dashboard) => [dashboard.uid, dashboard] as const))(
    'by the dashboard %s',
    (_uid, { rows }) => {
      const queries = rows.flatMap(({ panels }) => panels).flatMap((panel) => panel.queries);
      expect(queries.flatMap(([expression, legend]) => unknownIn(`${expression} ${legend}`))).toEqual([]);
    },
  );

  test('by runbooks', () => {
    const folder = new URL('../../../docs/runbooks/', import.meta.url);
    const pages = readdirSync(folder).map((name) => [name, readFileSync(new URL(name, folder), 'utf8')] as const);
    const isPrefix = (name: string): boolean => [...known].some((one) => one.startsWith(name));
    const unknown = pages.flatMap(([name, page]) =>
      unknownIn(page)
        .filter((one) => !isPrefix(one))
        .map((one) => `${name}: ${one}`),
    );
    expect(unknown).toEqual([]);
  });
});
