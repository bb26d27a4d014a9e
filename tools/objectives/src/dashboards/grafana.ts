import type { Dashboard, Panel } from './dashboard.js';

const columns = 3;
const [width, height] = [24 / columns, 8];
const source = { type: 'prometheus', uid: '${source}' };

/** The dashboard as Grafana imports it, and as its provisioning reads it from a folder. */
export function grafanaJson({ uid, title, rows }: Dashboard): object {
  let y = 0;
  let id = 0;
  const panels: object[] = [];
  for (const row of rows) {
    panels.push({ id: ++id, type: 'row', title: row.title, collapsed: false, gridPos: { x: 0, y, w: 24, h: 1 } });
    y += 1;
    row.panels.forEach((panel, nth) => {
      const place = { x: (nth % columns) * width, y: y + Math.floor(nth / columns) * height, w: width, h: height };
      panels.push({ id: ++id, ...panelJson(panel), gridPos: place });
    });
    y += Math.ceil(row.panels.length / columns) * height;
  }
  return {
    ...{ uid: `myelin-${uid}`, title: `Myelin: ${title}`, tags: ['myelin'], schemaVersion: 39, editable: true },
    ...{ time: { from: 'now-1h', to: 'now' }, refresh: '30s', timezone: 'browser' },
    templating: {
      list: [{ name: 'source', label: 'Prometheus', type: 'datasource', query: 'prometheus', hide: 0 }],
    },
    panels,
  };
}

function panelJson({ title, unit, queries, isFigure, mayBeEmpty }: Panel): object {
  return {
    ...{ type: isFigure === true ? 'stat' : 'timeseries', title, datasource: source },
    ...(mayBeEmpty === undefined ? {} : { description: `Empty while ${mayBeEmpty}.` }),
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    targets: queries.map(([expr, legendFormat], nth) => ({
      ...{ refId: String.fromCharCode(65 + nth), datasource: source, expr, legendFormat, exemplar: isFigure !== true },
    })),
  };
}
