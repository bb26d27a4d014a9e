import { isTimeZoneName } from '@myelin/kernel';
import { type Formatter, findFormatter, formatterNames } from './template-formatters.js';

/** What a field holds. `instant` is in milliseconds since the Unix epoch, `labels` is read as `name.key`. */
export type FieldKind = 'text' | 'number' | 'instant' | 'labels';

/** The closed list of what a template may name: `{ 'rule.name': 'text', 'device.labels': 'labels' }`. */
export type TemplateFields = Readonly<Record<string, FieldKind>>;

export type TemplateValue = string | number | boolean | Readonly<Record<string, string>> | null | undefined;

/** Values for the fields; what is missing shows as nothing. */
export type TemplateValues = Readonly<Record<string, TemplateValue>>;

export interface TemplateFault {
  /** Where it begins, in UTF-16 units from the start of the template. */
  readonly offset: number;
  readonly problem: string;
}

/**
 * A text with places to fill in. It has no loops, no conditions, no nesting and no definitions: what it makes is as long
 * as its text and its values, and both are bounded.
 */
export interface Template {
  render(values: TemplateValues): string;
}

export const templateLimits = { length: 4_096, places: 64, valueLength: 512, outputLength: 8_192 } as const;

type Part = string | { readonly read: (values: TemplateValues) => TemplateValue; readonly format: Formatter };

const place = /^\s*([A-Za-z_][\w.-]*)\s*(?:\|\s*([a-z]+)(?:\s+"([^"]*)")?\s*)?$/;

/** Compiles `Temperature {{ value | fixed "1" }} °C at {{ device.labels.room }}`. */
export function compileTemplate(
  source: string,
  fields: TemplateFields,
): { readonly template: Template } | { readonly faults: readonly TemplateFault[] } {
  if (source.length > templateLimits.length)
    return { faults: [{ offset: 0, problem: `is longer than ${templateLimits.length} characters` }] };
  const faults: TemplateFault[] = [];
  const parts: Part[] = [];
  let places = 0;
  for (let at = 0; at < source.length;) {
    const open = source.indexOf('{{', at);
    if (open !== at) parts.push(source.slice(at, open < 0 ? source.length : open));
    if (open < 0) break;
    const close = source.indexOf('}}', open + 2);
    if (close < 0) {
      faults.push({ offset: open, problem: 'opens with {{ and never closes with }}' });
      break;
    }
    const part = compilePlace(source.slice(open + 2, close), fields);
    if ('problem' in part) faults.push({ offset: open, problem: part.problem });
    else parts.push(part);
    if (++places === templateLimits.places + 1)
      faults.push({
        offset: open,
        problem: `is more than the ${templateLimits.places} places that a template may have`,
      });
    at = close + 2;
  }
  return faults.length > 0 ? { faults } : { template: { render: (values) => render(parts, values) } };
}

function compilePlace(text: string, fields: TemplateFields): Exclude<Part, string> | { problem: string } {
  const [, path = '', name, argument] = place.exec(text) ?? [];
  if (path === '') return { problem: 'must be a field, or a field and a formatter: {{ value | fixed "1" }}' };
  const field = findField(path, fields);
  if (field === undefined) return { problem: `${path} is no field; fields are ${Object.keys(fields).join(', ')}` };
  const formatter = findFormatter(name, field.kind);
  if (formatter === undefined)
    return {
      problem: `${name} does not format a ${field.kind}; what does is ${formatterNames(field.kind).join(', ')}`,
    };
  const made = formatter(argument, isTimeZoneName);
  return typeof made === 'string' ? { problem: made } : { read: field.read, format: made };
}

function findField(
  path: string,
  fields: TemplateFields,
): { kind: FieldKind; read: Extract<Part, object>['read'] } | undefined {
  if (Object.hasOwn(fields, path) && fields[path] !== undefined && fields[path] !== 'labels')
    return { kind: fields[path], read: (values) => (Object.hasOwn(values, path) ? values[path] : undefined) };
  const holder = Object.keys(fields).find((name) => fields[name] === 'labels' && path.startsWith(`${name}.`));
  if (holder === undefined) return undefined;
  const key = path.slice(holder.length + 1);
  return { kind: 'text', read: (values) => labelIn(Object.hasOwn(values, holder) ? values[holder] : undefined, key) };
}

function labelIn(labels: TemplateValue, key: string): TemplateValue {
  return typeof labels === 'object' && labels !== null && Object.hasOwn(labels, key) ? labels[key] : undefined;
}

function render(parts: readonly Part[], values: TemplateValues): string {
  const text = parts
    .map((part) => {
      if (typeof part === 'string') return part;
      const value = part.read(values);
      return value === undefined || value === null ? '' : cut(part.format(value), templateLimits.valueLength);
    })
    .join('');
  return cut(text, templateLimits.outputLength);
}

/** Never in the middle of a character. */
function cut(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  return `${text.slice(0, maxLength - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
