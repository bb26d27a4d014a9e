/** The part of an entity that operators fill freely. */
export type Labels = Readonly<Record<string, string>>;
export type Metadata = Readonly<Record<string, unknown>>;

export const maxLabels = 64;
export const maxLabelValueLength = 128;
export const maxMetadataBytes = 8_192;
export const maxMetadataKeys = 256;
export const maxMetadataDepth = 16;
export const labelKey = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/;
export const slug = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Member names that JavaScript libraries drop or trip over, here and wherever the content is read. */
export const reservedNames: ReadonlySet<string> = new Set(['__proto__', 'constructor']);

/** PostgreSQL stores neither U+0000 nor half a surrogate pair. */
export function isStorableText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Says what is wrong, or undefined. */
export function faultInLabels(value: unknown): string | undefined {
  if (!isPlainObject(value)) return 'must be an object of texts';
  const entries = Object.entries(value);
  if (entries.length > maxLabels) return `must have at most ${maxLabels} labels`;
  for (const [key, text] of entries) {
    if (!labelKey.test(key) || reservedNames.has(key))
      return `has a label whose name does not match ${labelKey.source}`;
    if (typeof text !== 'string' || text.length > maxLabelValueLength || !isStorableText(text)) {
      return `label ${key} must be a text of at most ${maxLabelValueLength} characters`;
    }
  }
  return undefined;
}

/** As {@link faultInLabels}, where `null` removes a label, or all of them (RFC 7396). */
export function faultInLabelPatch(value: unknown): string | undefined {
  if (value === null) return undefined;
  if (!isPlainObject(value)) return 'must be an object of texts or nulls';
  return faultInLabels(Object.fromEntries(Object.entries(value).map(([key, text]) => [key, text ?? ''])));
}

/** Says what is wrong, or undefined. */
export function faultInMetadata(value: unknown): string | undefined {
  if (!isPlainObject(value)) return 'must be an object';
  const keys = Object.keys(value);
  if (keys.length > maxMetadataKeys) return `must have at most ${maxMetadataKeys} members`;
  if (keys.some((key) => key.length < 1 || key.length > 64)) return 'must have names of 1 to 64 characters';
  const fault = faultInJson(value, 1);
  if (fault !== undefined) return fault;
  const bytes = Buffer.byteLength(JSON.stringify(value));
  return bytes > maxMetadataBytes ? `must have at most ${maxMetadataBytes} bytes as JSON` : undefined;
}

function faultInJson(value: unknown, depth: number): string | undefined {
  if (depth > maxMetadataDepth) return `must be nested at most ${maxMetadataDepth} deep`;
  if (typeof value === 'string') return isStorableText(value) ? undefined : 'has a text that cannot be stored';
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'has a number out of range';
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, member] of Object.entries(value)) {
    if (reservedNames.has(key) || !isStorableText(key)) return 'has a name that cannot be stored';
    const fault = faultInJson(member, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Whether a member of a reserved name stands anywhere in JSON of at most `depth` levels; deeper counts as yes. */
export function hasReservedName(value: unknown, depth = 64): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth === 0) return true;
  return Object.entries(value).some(([key, member]) => reservedNames.has(key) || hasReservedName(member, depth - 1));
}

/** RFC 7396: null removes a member, objects merge, everything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isPlainObject(patch)) return patch;
  const merged: Record<string, unknown> = isPlainObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

/** The same text for the same content, whatever the order of members. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    isPlainObject(member) ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))) : member,
  );
}
