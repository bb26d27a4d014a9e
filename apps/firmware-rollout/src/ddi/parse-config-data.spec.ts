import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DdiRefusal } from './ddi-refusal.js';
import { changeAttributes, type ConfigDataChange, configDataMaxBytes, parseConfigData } from './parse-config-data.js';

const bytes = (value: unknown): Buffer => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
function accepted(value: unknown): ConfigDataChange {
  const parsed = parseConfigData(bytes(value));
  if (parsed instanceof DdiRefusal) throw new Error(parsed.detail);
  return parsed;
}
const refused = (value: unknown): unknown => {
  const parsed = parseConfigData(bytes(value));
  return parsed instanceof DdiRefusal ? [parsed.status, parsed.pointer] : parsed;
};
const changed = (before: Record<string, string>, change: unknown): unknown => {
  const after = changeAttributes(new Map(Object.entries(before)), accepted(change));
  return after instanceof DdiRefusal ? [after.status, after.pointer] : Object.fromEntries(after);
};

describe('the attributes of a device', () => {
  const before = { a: '1', b: '2' };

  test.each<[string, unknown, unknown]>([
    ['are merged unless it says otherwise', { data: { b: '3', c: '4' } }, { a: '1', b: '3', c: '4' }],
    ['are merged', { mode: 'merge', data: { b: '3' } }, { a: '1', b: '3' }],
    ['are replaced by what is sent', { mode: 'replace', data: { c: '4' } }, { c: '4' }],
    ['are removed by their names', { mode: 'remove', data: { a: 'whatever', z: '' } }, { b: '2' }],
    ['are removed by null', { data: { a: null, c: '' } }, { b: '2', c: '' }],
    ['are replaced but for null', { mode: 'replace', data: { a: null, c: '4' } }, { c: '4' }],
    ['may be numbers and booleans', { data: { a: 2, b: true } }, { a: '2', b: 'true' }],
  ])('%s', (_what, change, after) => {
    expect(changed(before, change)).toEqual(after);
  });

  test('are taken as the clients send them, whatever stands beside', () => {
    const swupdate =
      '{ "id": "", "time": "20261122T215434", "status": { "result": { "finished": "success" }, "execution": "closed", "details" : [ "" ] }, "data" : { "serialNo": "SN-0001","hwRevision": "1.0" } }';
    expect(changed({}, swupdate)).toEqual({ serialNo: 'SN-0001', hwRevision: '1.0' });
    const zephyr =
      '{"mode":"merge","data":{"VIN":"","hwRevision":"3"},"id":"","time":"","status":{"execution":"closed","result":{"finished":"success"}}}';
    expect(changed({}, zephyr)).toEqual({ VIN: '', hwRevision: '3' });
  });

  test('may have every character of the specification and no other', () => {
    const legal = `aZ09 _-!@#$%^&*()+=[]{}|;:'",.<>/\\?äß`;
    expect(changed({}, { data: { [legal]: legal } })).toEqual({ [legal]: legal });
    for (const illegal of ['`', '~', '\0', '😀', '\u007f']) {
      expect(refused({ data: { a: illegal } })).toEqual([400, '/data/a']);
      expect(refused({ data: { [`k${illegal}`]: 'a' } })).toMatchObject([400, expect.stringContaining('/data/k')]);
    }
  });

  test('called like properties of all objects are attributes like others', () => {
    expect(changed({}, '{"data":{"__proto__":"1","constructor":"2"}}')).toEqual(
      Object.fromEntries([
        ['__proto__', '1'],
        ['constructor', '2'],
      ]),
    );
  });

  const full = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`k${i}`, 'v']));
  test('are 100 at most, counted after the change', () => {
    expect(changed(full, { data: { k0: 'other' } })).toMatchObject({ k0: 'other' });
    expect(changed(full, { data: { k0: null, one: 'more' } })).toMatchObject({ one: 'more' });
    expect(changed(full, { data: { one: 'more' } })).toEqual([429, '/data']);
    expect(changed(full, { mode: 'replace', data: { one: 'more' } })).toEqual({ one: 'more' });
    expect(changed({}, { data: { ...full, one: 'more' } })).toEqual([429, '/data']);
  });

  test.each<[string, unknown, unknown]>([
    ['no JSON', '{"data":', [400, '']],
    ['no data', { mode: 'merge' }, [400, '/data']],
    ['empty data', { data: {} }, [400, '/data']],
    ['empty data to remove', { mode: 'remove', data: {} }, [400, '/data']],
    ['data that is a list', { data: ['a'] }, [400, '/data']],
    ['an unknown mode', { mode: 'append', data: { a: '1' } }, [400, '/mode']],
    ['an empty key', { data: { '': '1' } }, [400, '/data/']],
    ['a key of 129', { data: { ['k'.repeat(129)]: '1' } }, [400, '/data']],
    ['a value of 129', { data: { 'a/b~c': 'v'.repeat(129) } }, [400, '/data/a~1b~0c']],
    ['a value that is an object', { data: { a: {} } }, [400, '/data/a']],
    ['too many bytes', { data: { a: 'x'.repeat(configDataMaxBytes) } }, [413, undefined]],
  ])('are refused with their place: %s', (_what, sent, expected) => {
    expect(refused(sent)).toEqual(expected);
  });

  test('have keys and values of 128', () => {
    const [key, value] = ['k'.repeat(128), 'v'.repeat(128)];
    expect(changed({}, { data: { [key]: value } })).toEqual({ [key]: value });
  });

  test('of any JSON make nothing throw', () => {
    fc.assert(
      fc.property(fc.anything(), (data) => {
        expect(['change', 'refused']).toContain(parseConfigData(bytes({ data })).kind);
      }),
    );
  });
});
