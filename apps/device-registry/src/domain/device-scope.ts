import { deviceIdPattern } from '@myelin/kernel';
import { isPlainObject, isStorableText, labelKey, maxLabelValueLength, reservedNames, slug } from './free-content.js';

/** Which devices something is about: every member that is given must match; none at all is the whole tenant. */
export interface DeviceScope {
  readonly devices?: readonly string[];
  readonly profiles?: readonly string[];
  readonly sites?: readonly string[];
  /** Each label must have one of the values. */
  readonly labels?: Readonly<Record<string, readonly string[]>>;
}

export const scopeLimits = {
  ...{ devices: 1_000, profiles: 100, sites: 1_000, labels: 16, valuesPerLabel: 64 },
  /** As compact JSON: consumers hold the scopes of all tenants. */
  bytes: 65_536,
} as const;

const forms = { devices: new RegExp(deviceIdPattern), profiles: slug, sites: slug } as const;
type NameList = keyof typeof forms;
const nameLists = Object.keys(forms) as readonly NameList[];
const members: readonly string[] = [...nameLists, 'labels'];

/** What is wrong with a scope, and where. */
export interface ScopeFault {
  /** Names of members and places in arrays, from the scope inwards. */
  readonly path: readonly string[];
  readonly detail: string;
}

/** The first fault; undefined without any. */
export function faultInScope(value: unknown): ScopeFault | undefined {
  if (!isPlainObject(value)) return { path: [], detail: 'must be an object' };
  if (Object.keys(value).some((name) => !members.includes(name)))
    return { path: [], detail: `has a member beside ${members.join(', ')}` };
  for (const list of nameLists) {
    const fault = value[list] === undefined ? undefined : faultInNames(value[list], list);
    if (fault !== undefined) return { path: [list, ...fault.path], detail: fault.detail };
  }
  const fault = value['labels'] === undefined ? undefined : faultInLabelValues(value['labels']);
  if (fault !== undefined) return { path: ['labels', ...fault.path], detail: fault.detail };
  const fits = Buffer.byteLength(JSON.stringify(value)) <= scopeLimits.bytes;
  return fits ? undefined : { path: [], detail: `must have at most ${scopeLimits.bytes} bytes as JSON` };
}

function faultInNames(value: unknown, list: NameList): ScopeFault | undefined {
  const form = forms[list];
  const accepts = (name: unknown): boolean => typeof name === 'string' && form.test(name);
  return faultInList(value, scopeLimits[list], accepts, `must match ${form.source}`);
}

function faultInLabelValues(value: unknown): ScopeFault | undefined {
  if (!isPlainObject(value)) return { path: [], detail: 'must be an object of arrays of texts' };
  const entries = Object.entries(value);
  if (entries.length < 1 || entries.length > scopeLimits.labels)
    return { path: [], detail: `must have 1 to ${scopeLimits.labels} labels` };
  for (const [key, values] of entries) {
    // What is no name is not repeated: it may be as long as the body.
    if (!labelKey.test(key) || reservedNames.has(key))
      return { path: [], detail: `has a label whose name does not match ${labelKey.source}` };
    const detail = `must be a text of 1 to ${maxLabelValueLength} characters`;
    const fault = faultInList(values, scopeLimits.valuesPerLabel, isLabelValue, detail);
    if (fault !== undefined) return { path: [key, ...fault.path], detail: fault.detail };
  }
  return undefined;
}

/** An empty list matches no device at all, which nobody means. */
function faultInList(
  value: unknown,
  maxItems: number,
  accepts: (item: unknown) => boolean,
  detail: string,
): ScopeFault | undefined {
  if (!Array.isArray(value) || value.length < 1 || value.length > maxItems)
    return { path: [], detail: `must be an array of 1 to ${maxItems} items` };
  const wrong = value.findIndex((item: unknown) => !accepts(item));
  return wrong === -1 ? undefined : { path: [String(wrong)], detail };
}

function isLabelValue(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= maxLabelValueLength && isStorableText(value);
}
