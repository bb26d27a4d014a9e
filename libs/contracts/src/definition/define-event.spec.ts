import { describe, expect, test } from '@jest/globals';
import { Type } from '@sinclair/typebox';
import { type EventDeclaration, defineEvent } from './define-event.js';
import { defineTopic, eventTopicDefaults } from './define-topic.js';

const topic = defineTopic({
  name: 'myelin.registry.thing-happened.v1',
  owner: 'device-registry',
  ...eventTopicDefaults,
  summary: 'Things.',
});
const schema = Type.Object({ count: Type.Integer() }, { additionalProperties: false });
const valid: EventDeclaration<typeof schema> = {
  name: 'thing-happened',
  area: 'registry',
  version: 1,
  topic,
  key: 'device',
  summary: 'A thing happened.',
  schema,
  example: { count: 1 },
  exampleKey: 'acme/sensor-17',
  consumers: [{ kind: 'group', group: 'telemetry.count-things', service: 'telemetry', onPoison: 'park' }],
};

describe('an event is declared once', () => {
  test('an example that breaks the schema is refused when a value is to be validated', () => {
    const contract = defineEvent({ ...valid, example: { count: 1.5 } });
    for (const validate of [contract.strict, contract.tolerant])
      expect(() => validate({ count: 1 })).toThrow(/example breaks its own schema: \/count must be integer/);
  });

  test('its CloudEvents type follows from area, name and version', () => {
    expect(defineEvent(valid).type).toBe('io.myelin.registry.thing-happened.v1');
  });

  test('the result is frozen all the way down', () => {
    const contract = defineEvent(valid);
    expect(() => Object.assign(contract.schema, { type: 'array' })).toThrow(TypeError);
    expect(() => Object.assign(contract.example, { count: 2 })).toThrow(TypeError);
    expect(() => Object.assign(contract.consumers[0]!, { group: 'x.y' })).toThrow(TypeError);
  });

  test.each<[string, Partial<EventDeclaration<typeof schema>>, RegExp]>([
    ['a key of another form', { exampleKey: 'acme' }, /example key acme is not <tenant>\/<device>/],
    ['a crooked name', { name: 'ThingHappened' }, /kebab-case/],
    ['version 0', { version: 0 }, /whole number from 1/],
    ['a header outside our names', { headers: { ce_id: 'x' } }, /ce_id does not begin with myelin-/],
    [
      'a group of another service',
      { consumers: [{ kind: 'group', group: 'alerting.count', service: 'telemetry', onPoison: 'park' }] },
      /group alerting.count is not telemetry.<feature>/,
    ],
    [
      'a deprecation whose successor is another event',
      { deprecated: { successor: 'io.myelin.registry.another-thing.v2', endsOn: '2027-01-01' } },
      /successor is no later version/,
    ],
    [
      'a deprecation in favour of itself',
      { deprecated: { successor: 'io.myelin.registry.thing-happened.v1', endsOn: '2027-01-01' } },
      /successor is no later version/,
    ],
    [
      'a deprecation without a day',
      { deprecated: { successor: 'io.myelin.registry.thing-happened.v2', endsOn: 'soon' } },
      /soon is no day/,
    ],
    ['a group twice', { consumers: [...valid.consumers, ...valid.consumers] }, /a group consumes it twice/],
  ])('%s is refused', (_, change, message) => {
    expect(() => defineEvent({ ...valid, ...change })).toThrow(message);
  });

  test('a schema with a function in it is refused: no document could carry it', () => {
    const withFunction = Type.Object({ count: Type.Integer({ $comment: (() => '') as unknown as string }) });
    expect(() => defineEvent({ ...valid, schema: withFunction })).toThrow();
  });
});

describe('a topic is declared once', () => {
  test.each([
    ['a name outside the house', { name: 'telemetry' }, /must match/],
    ['no version', { name: 'myelin.registry.thing' }, /must match/],
    ['no partition', { partitions: 0 }, /at least one partition/],
  ])('%s is refused', (_, change, message) => {
    expect(() => defineTopic({ ...topic, ...change })).toThrow(message);
  });
});
