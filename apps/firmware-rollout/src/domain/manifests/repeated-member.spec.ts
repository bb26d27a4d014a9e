import { expect, test } from '@jest/globals';
import { assert, dictionary, jsonValue, property, string } from 'fast-check';
import { repeatedMember } from './repeated-member.js';

test('no JSON that was written from a value has a member twice', () => {
  assert(property(jsonValue(), (value) => repeatedMember(JSON.stringify(value)) === undefined));
});

test('a member that is added once more is found, however deep', () => {
  assert(
    property(dictionary(string(), jsonValue(), { minKeys: 1 }), string(), (members, around) => {
      const [[name, value] = ['', null]] = Object.entries(members);
      const text = JSON.stringify(members).replace('{', () => `{${JSON.stringify(name)}:${JSON.stringify(value)},`);
      return repeatedMember(`[1,{${JSON.stringify(around)}:[${text}]}]`) === name;
    }),
  );
});

test('the same name in another object, or as a value, is no repetition', () => {
  expect(repeatedMember('{"a":{"a":["a","a"]},"b":[{"a":1},{"a":"b"}]}')).toBeUndefined();
});
