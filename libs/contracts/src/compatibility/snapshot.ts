import type { EventContract } from '../definition/define-event.js';
import type { KeyKind } from '../definition/record-key.js';
import { type SchemaObject, isSchemaObject, plainSchema } from '../definition/schema-walk.js';

/** What stays as it is once an event has been released; kept in `snapshots/<type>.json`. */
export interface ContractSnapshot {
  readonly type: string;
  readonly topic: { readonly name: string; readonly partitions: number; readonly cleanup: 'delete' | 'compact' };
  readonly key: KeyKind;
  /** Names, sorted. */
  readonly headers: readonly string[];
  readonly schema: SchemaObject;
}

export function snapshotOf({ type, topic, key, headers, schema }: EventContract): ContractSnapshot {
  return {
    type,
    topic: { name: topic.name, partitions: topic.partitions, cleanup: topic.cleanup.kind },
    key,
    headers: Object.keys(headers).sort(),
    schema: withoutAnnotations(plainSchema(schema)) as SchemaObject,
  };
}

const annotations = ['description', 'title', 'examples', 'default', '$comment', '$id'];

/** Words about a schema may change; below `properties` stand names of members, which are no keywords. */
export function withoutAnnotations(schema: unknown, areNames = false): unknown {
  if (Array.isArray(schema)) return schema.map((part) => withoutAnnotations(part));
  if (!isSchemaObject(schema)) return schema;
  const kept = Object.entries(schema).filter(([name]) => areNames || !annotations.includes(name));
  return Object.fromEntries(
    kept.map(([name, part]) => [name, withoutAnnotations(part, !areNames && name === 'properties')]),
  );
}
