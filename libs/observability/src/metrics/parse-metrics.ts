/** A strict reader of the text formats: OpenMetrics 1.0.0 and Prometheus 0.0.4. Whatever it does not know is a fault. */

export interface ParsedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly exemplar?: { readonly labels: Readonly<Record<string, string>>; readonly value: number };
}

export interface ParsedFamily {
  readonly type: string;
  readonly unit?: string;
  readonly help?: string;
  readonly samples: readonly ParsedSample[];
}

interface Building {
  type: string;
  unit?: string;
  help?: string;
  readonly samples: ParsedSample[];
}

const number = String.raw`(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]Inf|NaN)`;
const labelText = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\n"])*"`;
const labelSet = String.raw`\{(?:${labelText}(?:,${labelText})*)?\}`;
const sampleLine = new RegExp(
  String.raw`^([a-zA-Z_:][a-zA-Z0-9_:]*)(${labelSet})? (${number})(?: # (${labelSet}) (${number})(?: (${number}))?)?$`,
);
const suffixes: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total', '_created'],
  histogram: ['_bucket', '_count', '_sum', '_created'],
  info: ['_info'],
  gauge: [''],
};

/** @throws Error naming the line that is at fault */
export function parseMetrics(text: string, format: 'open-metrics' | 'prometheus'): ReadonlyMap<string, ParsedFamily> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const lines = text.slice(0, -1).split('\n');
  const isOpen = format === 'open-metrics';
  if (isOpen && lines.pop() !== '# EOF') throw new Error('there is no # EOF at the end');
  const families = new Map<string, Building>();
  const series = new Set<string>();
  let current = '';
  for (const line of lines) {
    const meta = /^# (TYPE|UNIT|HELP) ([a-zA-Z_:][a-zA-Z0-9_:]*) ([^\n]*)$/.exec(line);
    if (meta !== null) {
      const [, kind = '', name = '', rest = ''] = meta;
      if (name !== current && families.has(name)) throw new Error(`${name} comes twice`);
      current = name;
      note(families, kind, name, rest);
      continue;
    }
    const family = families.get(current);
    if (family === undefined) throw new Error(`no family: ${line}`);
    const sample = sampleOf(line, current, family.type, isOpen);
    const key = `${sample.name}${JSON.stringify(Object.entries(sample.labels).sort())}`;
    if (series.has(key)) throw new Error(`twice: ${line}`);
    series.add(key);
    family.samples.push(sample);
  }
  for (const [name, family] of families) check(name, family, isOpen);
  return families;
}

function note(families: Map<string, Building>, kind: string, name: string, rest: string): void {
  const family = families.get(name) ?? { type: '', samples: [] };
  families.set(name, family);
  if (family.samples.length > 0) throw new Error(`${kind} of ${name} behind its samples`);
  if (kind === 'TYPE') {
    if (family.type !== '') throw new Error(`TYPE of ${name} twice`);
    family.type = rest;
  } else if (kind === 'UNIT') family.unit = rest;
  else family.help = unescaped(rest);
}

function sampleOf(line: string, family: string, type: string, isOpen: boolean): ParsedSample {
  const match = sampleLine.exec(line);
  if (match === null) throw new Error(`no sample: ${line}`);
  const [, name = '', labels = '', value = '', exemplarLabels, exemplarValue = ''] = match;
  const base = type === 'counter' && !isOpen ? family.replace(/_total$/, '') : family;
  const known = (suffixes[type] ?? []).map((suffix) => base + suffix);
  if (!known.includes(name)) throw new Error(`${name} is no sample of the ${type} ${family}`);
  const sample = { name, labels: labelsOf(labels), value: numberOf(value) };
  if (exemplarLabels === undefined) return sample;
  if (!isOpen || !/_bucket$|_total$/.test(name)) throw new Error(`no place for an exemplar: ${line}`);
  const exemplar = { labels: labelsOf(exemplarLabels), value: numberOf(exemplarValue) };
  const length = Object.entries(exemplar.labels).reduce((sum, [key, text]) => sum + key.length + text.length, 0);
  if (length > 128) throw new Error(`the exemplar is longer than 128: ${line}`);
  return { ...sample, exemplar };
}

function check(name: string, { type, unit, samples }: Building, isOpen: boolean): void {
  if (!(type in suffixes)) throw new Error(`${name} has the type ${JSON.stringify(type)}`);
  if (isOpen && unit !== undefined && !name.endsWith(`_${unit}`)) throw new Error(`${name} does not end in ${unit}`);
  if (isOpen && type === 'counter' && name.endsWith('_total')) throw new Error(`${name} ends in _total`);
  if (type !== 'histogram') return;
  const bySeries = Map.groupBy(samples, ({ labels: { le: _, ...rest } }) =>
    JSON.stringify(Object.entries(rest).sort()),
  );
  for (const of of bySeries.values()) checkSeries(name, of);
}

function checkSeries(name: string, samples: readonly ParsedSample[]): void {
  const buckets = samples.filter((sample) => sample.name === `${name}_bucket`);
  const bounds = buckets.map(({ labels }) => numberOf(labels['le'] ?? ''));
  const counts = buckets.map(({ value }) => value);
  const rises = (values: readonly number[]): boolean =>
    values.every((v, i) => i === 0 || v >= (values[i - 1] as number));
  if (bounds.at(-1) !== Infinity || !rises(bounds) || !rises(counts)) throw new Error(`buckets of ${name}`);
  const count = samples.find((sample) => sample.name === `${name}_count`)?.value;
  if (count !== counts.at(-1)) throw new Error(`${name}_count is not its last bucket`);
  for (const { exemplar, labels } of buckets) {
    const at = bounds.indexOf(numberOf(labels['le'] ?? ''));
    if (exemplar === undefined) continue;
    const above = at === 0 ? -Infinity : (bounds[at - 1] as number);
    if (exemplar.value > (bounds[at] as number) || exemplar.value <= above) throw new Error(`exemplar in ${name}`);
  }
}

function labelsOf(text: string): Record<string, string> {
  const labels = new Map<string, string>();
  for (const [, name = '', value = ''] of text.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g)) {
    if (labels.has(name)) throw new Error(`the label ${name} comes twice: ${text}`);
    labels.set(name, unescaped(value));
  }
  return Object.fromEntries(labels);
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
}

function numberOf(text: string): number {
  return text.endsWith('Inf') ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text);
}
