import { describe, expect, test } from '@jest/globals';
import { type TSchema, Type } from '@sinclair/typebox';
import { events } from '../catalogue.js';
import { plainSchema } from '../definition/schema-walk.js';
import { incompatibilities } from './compare-contracts.js';
import { schemaChanges } from './compare-schemas.js';
import { type ContractSnapshot, snapshotOf, withoutAnnotations } from './snapshot.js';

const closed = { additionalProperties: false };
const members = {
  id: Type.String({ maxLength: 64 }),
  level: Type.Union([Type.Literal('low'), Type.Literal('high')]),
  place: Type.Object({ lat: Type.Number({ minimum: -90 }) }, closed),
  tags: Type.Optional(Type.Array(Type.String({ pattern: '^a' }), { maxItems: 8 })),
  value: Type.Optional(Type.Union([Type.Number(), Type.String()])),
};
const released = Type.Object(members, closed);
const changesTo = (schema: TSchema): string[] => schemaChanges(plainSchema(released), plainSchema(schema));
const changed = (change: Record<string, TSchema>): TSchema => Type.Object({ ...members, ...change }, closed);
const without = (name: keyof typeof members): TSchema => {
  const { [name]: _, ...rest } = members;
  return Type.Object(rest, closed);
};

describe('a new version of a schema may', () => {
  test.each<[string, TSchema]>([
    ['stay as it is', released],
    ['get an optional member', changed({ note: Type.Optional(Type.String()) })],
    [
      'get an optional member further down',
      changed({
        place: Type.Object({ lat: Type.Number({ minimum: -90 }), lon: Type.Optional(Type.Number()) }, closed),
      }),
    ],
    [
      'list the values of an enumeration in another order',
      changed({ level: Type.Union([Type.Literal('high'), Type.Literal('low')]) }),
    ],
  ])('%s', (_, schema) => {
    expect(changesTo(schema)).toEqual([]);
  });

  test('describe its members in other words', () => {
    const [before, after] = [Type.String({ description: 'old' }), Type.String({ title: 'new', default: 'x' })];
    expect(schemaChanges(withoutAnnotations(plainSchema(before)), withoutAnnotations(plainSchema(after)))).toEqual([]);
  });
});

describe('a new version of a schema may not', () => {
  test.each<[string, TSchema, string]>([
    ['lose a member', without('tags'), '/tags was removed or renamed'],
    ['lose a required member', without('id'), '/id was removed or renamed'],
    [
      'rename a member',
      Type.Object({ ...members, id: Type.Optional(members.id), key: members.id }, closed),
      '/key became required',
    ],
    ['change a type', changed({ id: Type.Number() }), '/id: type changed from "string" to "number"'],
    [
      'change a type further down',
      changed({ place: Type.Object({ lat: Type.String() }, closed) }),
      '/place/lat: type changed from "number" to "string"',
    ],
    ['require a new member', changed({ note: Type.String() }), '/note became required'],
    [
      'require an optional member',
      changed({ value: Type.Union([Type.Number(), Type.String()]) }),
      '/value became required',
    ],
    ['stop requiring a member', changed({ id: Type.Optional(members.id) }), '/id is no longer required'],
    ['narrow a length', changed({ id: Type.String({ maxLength: 63 }) }), '/id: maxLength changed from 64 to 63'],
    ['widen a length', changed({ id: Type.String({ maxLength: 65 }) }), '/id: maxLength changed from 64 to 65'],
    [
      'add a limit',
      changed({ id: Type.String({ maxLength: 64, minLength: 1 }) }),
      '/id: minLength changed from nothing to 1',
    ],
    [
      'change a pattern',
      changed({ tags: Type.Optional(Type.Array(Type.String({ pattern: '^b' }), { maxItems: 8 })) }),
      '/tags/*: pattern changed from "^a" to "^b"',
    ],
    [
      'lose a value of an enumeration',
      changed({ level: Type.Union([Type.Literal('low'), Type.Literal('mid')]) }),
      '/level: the value "high" was removed',
    ],
    [
      'get a value in an enumeration',
      changed({ level: Type.Union([...members.level.anyOf, Type.Literal('mid')]) }),
      '/level: the value "mid" was added',
    ],
    ['lose an alternative', changed({ value: Type.Optional(Type.Number()) }), '/value: 2 alternatives became 0'],
    [
      'get an alternative',
      changed({ value: Type.Optional(Type.Union([Type.Number(), Type.String(), Type.Null()])) }),
      '/value: 2 alternatives became 3',
    ],
    ['open itself', Type.Object(members), '/additionalProperties changed'],
  ])('%s', (_, schema, change) => {
    expect(changesTo(schema)).toContain(change);
  });
});

describe('a released contract may not', () => {
  const snapshot = snapshotOf(events[0]!);
  const lie = (change: Partial<ContractSnapshot>): string[] => incompatibilities(snapshot, { ...snapshot, ...change });
  const { topic } = snapshot;

  test.each<[string, Partial<ContractSnapshot>, RegExp]>([
    [
      'move to another topic',
      { topic: { ...topic, name: 'myelin.other.v1' } },
      /the topic changed from .* to myelin.other.v1/,
    ],
    [
      'change its partitions',
      { topic: { ...topic, partitions: 48 } },
      /the number of partitions changed from 24 to 48/,
    ],
    ['be compacted', { topic: { ...topic, cleanup: 'compact' } }, /the clean-up changed from delete to compact/],
    ['change its key', { key: 'tenant' }, /the key changed from device to tenant/],
    ['lose a header', { headers: [] }, /the header myelin-device-index was removed or renamed/],
    ['change its schema', { schema: { type: 'number' } }, /type changed/],
  ])('%s', (_, change, message) => {
    expect(lie(change).join('\n')).toMatch(message);
  });

  test('disappear', () => {
    expect(incompatibilities(snapshot, undefined)).toEqual([
      `${snapshot.type} was removed: its topic may still hold records`,
    ]);
  });

  test.each(events.map((event) => [event.type, event] as const))('%s agrees with itself', (_, event) => {
    expect(incompatibilities(snapshotOf(event), snapshotOf(event))).toEqual([]);
  });
});
