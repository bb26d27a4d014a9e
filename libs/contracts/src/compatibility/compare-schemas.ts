import { isDeepStrictEqual } from 'node:util';
import { type SchemaObject, isSchemaObject } from '../definition/schema-walk.js';

/**
 * What keeps readers and writers of the old and the new schema from working together, as sentences. Both directions
 * count: old records stay in the topic, and old readers get new records. So only a new optional member passes.
 */
export function schemaChanges(before: unknown, after: unknown, path = ''): string[] {
  const [old, now] = [normalised(before), normalised(after)];
  if (!isSchemaObject(old) || !isSchemaObject(now)) return isDeepStrictEqual(old, now) ? [] : [`${at(path)} changed`];
  const keywords = new Set([...Object.keys(old), ...Object.keys(now)]);
  return [...keywords].flatMap((keyword) => keywordChanges(keyword, old, now, path));
}

function keywordChanges(keyword: string, old: SchemaObject, now: SchemaObject, path: string): string[] {
  const [before, after] = [old[keyword], now[keyword]];
  switch (keyword) {
    case 'properties':
      return memberChanges(before, after, path);
    case 'required':
      return requirementChanges(asList(before), asList(after), path);
    case 'enum':
      return choiceChanges(asList(before), asList(after), path);
    case 'anyOf':
    case 'oneOf':
    case 'allOf':
      return alternativeChanges(asList(before), asList(after), path);
    case 'items':
    case 'additionalProperties':
    case 'propertyNames':
      return schemaChanges(before, after, `${path}/${keyword === 'items' ? '*' : keyword}`);
    default:
      if (isDeepStrictEqual(before, after)) return [];
      return [`${at(path)}: ${keyword} changed from ${text(before)} to ${text(after)}`];
  }
}

function memberChanges(before: unknown, after: unknown, path: string): string[] {
  const [old, now] = [isSchemaObject(before) ? before : {}, isSchemaObject(after) ? after : {}];
  return Object.entries(old).flatMap(([name, schema]) =>
    name in now
      ? schemaChanges(schema, now[name], `${path}/${name}`)
      : [`${at(`${path}/${name}`)} was removed or renamed`],
  );
}

function requirementChanges(old: readonly unknown[], now: readonly unknown[], path: string): string[] {
  return [
    ...missing(now, old).map((name) => `${at(`${path}/${String(name)}`)} became required`),
    ...missing(old, now).map((name) => `${at(`${path}/${String(name)}`)} is no longer required`),
  ];
}

function choiceChanges(old: readonly unknown[], now: readonly unknown[], path: string): string[] {
  return [
    ...missing(old, now).map((choice) => `${at(path)}: the value ${text(choice)} was removed`),
    ...missing(now, old).map((choice) => `${at(path)}: the value ${text(choice)} was added`),
  ];
}

function alternativeChanges(old: readonly unknown[], now: readonly unknown[], path: string): string[] {
  if (old.length !== now.length) return [`${at(path)}: ${old.length} alternatives became ${now.length}`];
  return old.flatMap((alternative, index) => schemaChanges(alternative, now[index], `${path}/${index}`));
}

/** A union of constants is an enum, whose order means nothing. */
function normalised(schema: unknown): unknown {
  if (!isSchemaObject(schema) || !Array.isArray(schema['anyOf'])) return schema;
  const alternatives = schema['anyOf'] as unknown[];
  if (!alternatives.every((alternative) => isSchemaObject(alternative) && 'const' in alternative)) return schema;
  const { anyOf: _, ...rest } = schema;
  return { ...rest, enum: alternatives.map((alternative) => (alternative as SchemaObject)['const']) };
}

function missing(from: readonly unknown[], inOther: readonly unknown[]): unknown[] {
  return from.filter((value) => !inOther.some((other) => isDeepStrictEqual(value, other)));
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function at(path: string): string {
  return path === '' ? 'the payload' : path;
}

function text(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
