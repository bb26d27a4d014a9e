import { DdiRefusal, refuse } from './ddi-refusal.js';
import { type DdiBody, isObject, parseLenientObject } from './lenient-json.js';

export const configDataModes = ['merge', 'replace', 'remove'] as const;
export type ConfigDataMode = (typeof configDataModes)[number];

/** What a device wants done with its attributes. */
export interface ConfigDataChange {
  readonly kind: 'change';
  readonly mode: ConfigDataMode;
  /** `null` takes the attribute away. In mode `remove` the values say nothing. */
  readonly data: ReadonlyMap<string, string | null>;
}

export type Attributes = ReadonlyMap<string, string>;

/** 100 attributes of twice 128 characters, each escaped. */
export const configDataMaxBytes = 65_536;
export const maxAttributes = 100;
const maxLength = 128;
const allowed = /^[\p{L}\p{M}\p{Nd}\s_\-!@#$%^&*()+=[\]{}|;:'",.<>/\\?]*$/u;

/** Refused with 400: unreadable, an unknown mode, no data, a key or value that is too long or has other characters. */
export function parseConfigData(body: DdiBody): ConfigDataChange | DdiRefusal {
  const parsed = parseLenientObject(body, configDataMaxBytes);
  if (parsed instanceof DdiRefusal) return parsed;
  const mode = parsed['mode'] ?? 'merge';
  if (!isMode(mode)) {
    return refuse('body-invalid', `mode must be one of ${configDataModes.join(', ')}`, { pointer: '/mode' });
  }
  if (!isObject(parsed['data'])) return refuse('body-invalid', 'data must be an object', { pointer: '/data' });
  const entries = Object.entries(parsed['data']);
  if (entries.length === 0) return refuse('body-invalid', 'data must not be empty', { pointer: '/data' });
  const data = new Map<string, string | null>();
  for (const [key, sent] of entries) {
    const value = mode === 'remove' ? null : textOf(sent);
    const fault = faultOf(key, value);
    if (fault !== undefined) return refuse('attribute-invalid', fault, { pointer: pointerTo(key) });
    data.set(key, value as string | null);
  }
  return { kind: 'change', mode, data };
}

/** The attributes afterwards, in their order; refused with 429 when there are more than 100 of them. */
export function changeAttributes(before: Attributes, { mode, data }: ConfigDataChange): Attributes | DdiRefusal {
  const after = new Map(mode === 'replace' ? [] : before);
  for (const [key, value] of data) {
    if (value === null) after.delete(key);
    else after.set(key, value);
  }
  if (after.size <= maxAttributes) return after;
  return refuse('too-many', `a device has at most ${maxAttributes} attributes, not ${after.size}`, {
    pointer: '/data',
  });
}

function isMode(mode: unknown): mode is ConfigDataMode {
  return (configDataModes as readonly unknown[]).includes(mode);
}

/** Numbers and booleans as they are written; undefined for lists and objects. */
function textOf(value: unknown): string | null | undefined {
  if (value === null || typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function faultOf(key: string, value: string | null | undefined): string | undefined {
  if (key === '') return 'a key must not be empty';
  if (key.length > maxLength) return `a key has at most ${maxLength} characters`;
  if (!allowed.test(key)) return 'a key has a character that is not allowed';
  if (value === undefined) return 'a value must be a text';
  if (value === null) return undefined;
  if (value.length > maxLength) return `a value has at most ${maxLength} characters`;
  return allowed.test(value) ? undefined : 'a value has a character that is not allowed';
}

/** A key that is too long is not repeated in the answer. */
function pointerTo(key: string): string {
  if (key.length > maxLength) return '/data';
  return `/data/${key.toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
