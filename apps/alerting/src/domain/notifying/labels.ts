/** What an alert is known by. An empty value means the same as no label, as in Alertmanager. */
export type Labels = Readonly<Record<string, string>>;

export const labelLimits = { count: 64, nameLength: 64, valueLength: 256 } as const;

/** Prometheus' names, and what Myelin's devices have beside that. */
export const labelName = /^[A-Za-z_][A-Za-z0-9._/-]*$/;

export function labelOf(labels: Labels, name: string): string {
  return Object.hasOwn(labels, name) ? (labels[name] ?? '') : '';
}

/** Two label sets have the same key exactly when they are equal. */
export type LabelsKey = string;

export function keyOf(labels: Labels): LabelsKey {
  return JSON.stringify(sortedEntries(labels));
}

/** As Prometheus writes them: `{alertname="DeviceHot",site="north"}`. */
export function showLabels(labels: Labels): string {
  return `{${sortedEntries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',')}}`;
}

/** Prometheus' `LabelSet.Fingerprint`: FNV-1a of 64 bits over names and values with 0xff between, as 16 hex digits. */
export function fingerprintOf(labels: Labels): string {
  let hash = 0xcbf29ce484222325n;
  for (const text of sortedEntries(labels).flat()) {
    for (const byte of [...Buffer.from(text, 'utf8'), 0xff]) {
      hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
    }
  }
  return hash.toString(16).padStart(16, '0');
}

/** What all of them have in common. */
export function commonTo(sets: readonly Labels[]): Labels {
  const [first = {}, ...others] = sets;
  return Object.fromEntries(
    sortedEntries(first).filter(([name, value]) => others.every((labels) => labelOf(labels, name) === value)),
  );
}

/** The order of Alertmanager's notifications: `job`, `instance`, then fewer labels first, then name by name. */
export function compareLabels(a: Labels, b: Labels): number {
  for (const name of ['job', 'instance']) {
    const order = comparePresentFirst(labelOf(a, name), labelOf(b, name));
    if (order !== 0) return order;
  }
  const [these, those] = [sortedEntries(a), sortedEntries(b)];
  if (these.length !== those.length) return these.length - those.length;
  for (const [index, [name, value]] of these.entries()) {
    const [otherName, otherValue] = those[index] as [string, string];
    // The set that has the smaller name has something where the other has nothing: it comes second.
    if (name !== otherName) return name < otherName ? 1 : -1;
    if (value !== otherValue) return value < otherValue ? -1 : 1;
  }
  return 0;
}

function comparePresentFirst(a: string, b: string): number {
  if (a === b) return 0;
  if (a === '' || b === '') return a === '' ? 1 : -1;
  return a < b ? -1 : 1;
}

function sortedEntries(labels: Labels): [string, string][] {
  return Object.entries(labels)
    .filter(([, value]) => value !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
