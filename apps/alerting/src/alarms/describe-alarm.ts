import type { AlarmDescription } from '../domain/alarms/alarm.js';
import type { DeviceFacts } from '../domain/evaluation/rule-book.js';
import type { PeerDeviation } from '../domain/evaluation/transition.js';
import { type Template, compileTemplate } from '../domain/notifying/template.js';
import { annotationFields } from '../domain/rules/read-presentation.js';
import type { Rule } from '../domain/rules/rule.js';

const compiledOf = new WeakMap<Rule, ReadonlyMap<string, Template>>();

/**
 * What an alarm says of its device and its rule, the rule's templates filled in. Of a device that is unlike its peers it says how, if
 * the rule has no summary.
 */
export function describeAlarm(
  rule: Rule,
  facts: DeviceFacts,
  of: { tenant: string; startMs: number; peers: PeerDeviation | undefined },
): AlarmDescription {
  const { labels = {} } = rule;
  const values = {
    ...{ tenant: of.tenant, 'rule.id': rule.id, 'rule.name': rule.name ?? rule.id, severity: rule.severity },
    ...{ 'device.id': facts.device, 'device.profile': facts.profile, 'device.site': facts.site },
    ...{ 'device.labels': facts.labels, labels, startedAt: of.startMs },
    ...{ 'peers.value': of.peers?.value, 'peers.deviation': of.peers?.deviation, 'peers.others': of.peers?.others },
  };
  const rendered = [...templatesOf(rule)].map(([name, template]) => [name, template.render(values)] as const);
  const annotations = of.peers === undefined ? rendered : [['summary', summaryOf(of.peers)] as const, ...rendered];
  return {
    ...(facts.site === undefined ? {} : { site: facts.site }),
    ...{ profile: facts.profile, deviceLabels: facts.labels, labels },
    annotations: Object.fromEntries(annotations),
  };
}

function summaryOf({ value, deviation, by, cohort, others }: PeerDeviation): string {
  const distance = Math.abs(deviation).toFixed(1);
  const side = deviation < 0 ? 'below' : 'above';
  return `${value} is ${distance} standard deviations ${side} the ${others} others of ${by} ${cohort}`;
}

/** Once per version of a rule. Templates were checked when the rule was put: one that cannot be read is left out. */
function templatesOf(rule: Rule): ReadonlyMap<string, Template> {
  const known = compiledOf.get(rule);
  if (known !== undefined) return known;
  const templates = new Map<string, Template>();
  for (const [name, source] of Object.entries(rule.annotations ?? {})) {
    const compiled = compileTemplate(source as string, annotationFields);
    if ('template' in compiled) templates.set(name, compiled.template);
  }
  compiledOf.set(rule, templates);
  return templates;
}
