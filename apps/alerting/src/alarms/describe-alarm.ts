import type { AlarmDescription } from '../../domain/alarms/alarm.js';
import type { DeviceFacts } from '../../domain/evaluation/rule-book.js';
import { type Template, compileTemplate } from '../../domain/notifying/template.js';
import { annotationFields } from '../../domain/rules/read-presentation.js';
import type { Rule } from '../../domain/rules/rule.js';

const compiledOf = new WeakMap<Rule, ReadonlyMap<string, Template>>();

/** What an alarm says of its device and its rule, the rule's templates filled in. */
export function describeAlarm(
  rule: Rule,
  facts: DeviceFacts,
  of: { tenant: string; startMs: number },
): AlarmDescription {
  const { labels = {} } = rule;
  const values = {
    ...{ tenant: of.tenant, 'rule.id': rule.id, 'rule.name': rule.name ?? rule.id, severity: rule.severity },
    ...{ 'device.id': facts.device, 'device.profile': facts.profile, 'device.site': facts.site },
    ...{ 'device.labels': facts.labels, labels, startedAt: of.startMs },
  };
  const annotations = [...templatesOf(rule)].map(([name, template]) => [name, template.render(values)]);
  return {
    ...(facts.site === undefined ? {} : { site: facts.site }),
    ...{ profile: facts.profile, deviceLabels: facts.labels, labels },
    annotations: Object.fromEntries(annotations) as Record<string, string>,
  };
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
