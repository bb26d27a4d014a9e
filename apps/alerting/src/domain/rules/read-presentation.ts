import type { Problems } from '../definitions/problems.js';
import { JsonReader } from '../definitions/read-json.js';
import { labelLimits, labelName } from '../notifying/labels.js';
import { compileTemplate, type TemplateFields, templateLimits } from '../notifying/template.js';
import type { Rule, RuleAnnotations } from './rule.js';

export const presentationLimits = { name: 128, labels: 32 } as const;

/** Labels that every alert of a rule has by itself. */
export const reservedLabels = ['alertname', 'tenant', 'rule', 'device', 'profile', 'site', 'severity'] as const;

/** What the templates of a rule's annotations may name. */
export const annotationFields: TemplateFields = {
  tenant: 'text',
  'rule.id': 'text',
  'rule.name': 'text',
  severity: 'text',
  'device.id': 'text',
  'device.profile': 'text',
  'device.site': 'text',
  'device.labels': 'labels',
  labels: 'labels',
  startedAt: 'instant',
  // Of rules that compare devices with each other.
  'peers.value': 'number',
  'peers.deviation': 'number',
  'peers.others': 'number',
};

/** How a rule and its alarms are shown, and whether: its name, and what goes with its alarms into notifications. */
export function readPresentation(
  rule: JsonReader,
  problems: Problems,
): Pick<Rule, 'name' | 'enabled' | 'labels' | 'annotations'> {
  const name = rule.text('name', { max: presentationLimits.name });
  const enabled = rule.boolean('enabled');
  const labels = rule.has('labels') ? readLabels(rule, problems) : undefined;
  const annotations = rule.has('annotations') ? readAnnotations(rule, problems) : undefined;
  return {
    ...(name === undefined ? {} : { name }),
    ...(enabled === undefined ? {} : { enabled }),
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

function readLabels(rule: JsonReader, problems: Problems): Record<string, string> {
  const given = rule.get('labels');
  const names = typeof given === 'object' && given !== null ? Object.keys(given) : [];
  const reader = JsonReader.of(given, rule.at('labels'), problems, names);
  const { labels: maxLabels } = presentationLimits;
  problems.expect(names.length <= maxLabels, reader.pointer, `may have ${maxLabels} labels at most`);
  const shown = names.slice(0, maxLabels);
  for (const name of shown) {
    const fits = labelName.test(name) && name.length <= labelLimits.nameLength;
    problems.expect(fits, reader.at(name), `is named by what does not match ${labelName.source}, or is too long`);
    const isFree = !reservedLabels.some((reserved) => reserved === name);
    problems.expect(isFree, reader.at(name), 'is a label that every alarm has by itself');
  }
  return Object.fromEntries(shown.map((name) => [name, reader.text(name, { max: labelLimits.valueLength }) ?? '']));
}

function readAnnotations(rule: JsonReader, problems: Problems): RuleAnnotations {
  const reader = JsonReader.of(rule.get('annotations'), rule.at('annotations'), problems, ['summary', 'description']);
  const read = (name: 'summary' | 'description'): RuleAnnotations => {
    const source = reader.text(name, { max: templateLimits.length });
    if (source === undefined) return {};
    const compiled = compileTemplate(source, annotationFields);
    if ('faults' in compiled)
      for (const { offset, problem } of compiled.faults)
        problems.add(reader.at(name), `at character ${offset}: ${problem}`);
    return { [name]: source };
  };
  return { ...read('summary'), ...read('description') };
}
