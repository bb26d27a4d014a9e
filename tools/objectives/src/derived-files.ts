import { stringify } from 'yaml';
import { type Alert, runbookOf } from './alert.js';
import { alerts } from './alerts.js';
import { burnRateAlerts, recordOf, windows } from './burn-rates.js';
import type { Objective } from './objective.js';
import { dashboards } from './dashboards/all-dashboards.js';
import { grafanaJson } from './dashboards/grafana.js';
import { budgetDays, objectives } from './objectives.js';

const heading = '# Written by `npm run generate` from tools/objectives. Changes here are lost.\n';

/** Every alert there is. */
export const allAlerts: readonly Alert[] = [...objectives.flatMap(burnRateAlerts), ...alerts];

/** What derives from the objectives and is committed: path from the workspace's root -> content. */
export function derivedFiles(): Map<string, string> {
  return new Map([
    ['deploy/prometheus/rules/objectives.yml', yaml({ groups: [...objectives.map(sharesGroup), budgetGroup()] })],
    ['deploy/prometheus/rules/alerts.yml', yaml({ groups: [alertGroup()] })],
    ['docs/runbooks/README.md', runbookIndex()],
    ...dashboards.map((dashboard): [string, string] => [
      `deploy/grafana/dashboards/${dashboard.uid}.json`,
      `${JSON.stringify(grafanaJson(dashboard), null, 2)}\n`,
    ]),
  ]);
}

/** The shares that failed over each window. */
function sharesGroup(objective: Objective): object {
  const rules = windows.map((window) => ({
    record: recordOf(window),
    expr: `${objective.failures(window)} / ${objective.events(window)}`,
    labels: { objective: objective.name },
  }));
  return { name: `objective-${objective.name}`, rules };
}

/** What is promised, and which share of what may fail is left. Over a month, so not each minute. */
function budgetGroup(): object {
  const rules = objectives.flatMap(({ name, target }) => {
    const labels = { objective: name };
    const failed = `avg_over_time(${recordOf('1h')}{objective="${name}"}[${budgetDays}d:1h])`;
    return [
      { record: 'myelin:objective_target:ratio', expr: `vector(${target})`, labels },
      { record: 'myelin:objective_budget:left', expr: `1 - ${failed} / ${Number((1 - target).toFixed(6))}`, labels },
    ];
  });
  return { name: 'objective-budgets', interval: '10m', rules };
}

function alertGroup(): object {
  return {
    name: 'myelin',
    rules: allAlerts.map((alert) => ({
      alert: alert.name,
      expr: alert.when,
      ...(alert.for === undefined ? {} : { for: alert.for }),
      labels: { severity: alert.urgency, ...alert.labels },
      annotations: { summary: alert.summary, runbook: `docs/runbooks/${runbookOf(alert)}` },
    })),
  };
}

function runbookIndex(): string {
  const row = (alert: Alert): string =>
    `| [${alert.name}](${runbookOf(alert)}) | ${alert.urgency} | ${alert.summary.replace(/\{\{[^}]*\}\}/g, '…')} |`;
  const promises = objectives.map(({ name, promise, target }) => `| ${name} | ${promise} | ${target * 100} % |`);
  return [
    '# Runbooks',
    '',
    'One page per alert: what it means, what to look at first, what is behind it, and what to do. Alerts and objectives are',
    'declared in [tools/objectives](../../tools/objectives/README.md); `npm run generate` writes this page and the',
    '[rules](../../deploy/prometheus/rules) for Prometheus.',
    '',
    'Commands are as for the machine of `npm start`: those that read logs are for the folder of logs that it prints, `$TOKEN` is the token that',
    'it prints. What `npm run doctor` needs to know, and `DATABASE_URL`, is in [operating](../guides/operate.md#which-addresses).',
    '',
    '## Objectives',
    '',
    `Each is kept over ${budgetDays} days. \`…BurnsFast\` pages when the budget would be gone within days, \`…BurnsSlowly\` is a ticket.`,
    '',
    '| objective | promise | of events |',
    '| --- | --- | --- |',
    ...promises,
    '',
    '## Alerts',
    '',
    '| alert | urgency | what is so |',
    '| --- | --- | --- |',
    ...allAlerts.map(row),
    '',
  ].join('\n');
}

function yaml(content: object): string {
  return heading + stringify(content, { lineWidth: 0 });
}
