import { describe, expect, test } from '@jest/globals';
import { decodeReport } from '../decode-report.js';
import { EncodingFault } from '../encoding-fault.js';

const context = { device: 'sensor-1', nowMs: 1_795_420_800_000, unitOf: () => undefined, maxDepth: 16, maxBytes: 1e5 };
const resolved = (pack: string): unknown => decodeReport(Buffer.from(pack), 'application/senml+json', context).value;

function faultOf(pack: string): [string, string | undefined] {
  try {
    resolved(pack);
  } catch (error) {
    if (error instanceof EncodingFault) return [error.faultName, error.pointer];
    throw error;
  }
  throw new Error('was taken');
}

const voltageAndCurrents = [
  { ts: 1_276_020_076_001, values: { voltage: 120.1, current: 1.7 } },
  { ts: 1_276_020_071_001, values: { current: 1.2 } },
  { ts: 1_276_020_072_001, values: { current: 1.3 } },
  { ts: 1_276_020_073_001, values: { current: 1.4 } },
  { ts: 1_276_020_074_001, values: { current: 1.5 } },
  { ts: 1_276_020_075_001, values: { current: 1.6 } },
];

describe('the examples of RFC 8428', () => {
  test('5.1.1, a single data point: a device that is its only sensor is the metric', () => {
    expect(resolved('[{"n":"urn:dev:ow:10e2073a01080063","u":"Cel","v":23.1}]')).toEqual([
      { values: { 'urn:dev:ow:10e2073a01080063': 23.1 } },
    ]);
  });

  test('5.1.2, multiple data points: now', () => {
    const pack = `[
      {"bn":"urn:dev:ow:10e2073a01080063:","n":"voltage","u":"V","v":120.1},
      {"n":"current","u":"A","v":1.2}
    ]`;
    expect(resolved(pack)).toEqual([{ values: { voltage: 120.1, current: 1.2 } }]);
  });

  test('5.1.2, multiple data points: the five seconds before', () => {
    const pack = `[
      {"bn":"urn:dev:ow:10e2073a0108006:","bt":1.276020076001e+09,
       "bu":"A","bver":5,
       "n":"voltage","u":"V","v":120.1},
      {"n":"current","t":-5,"v":1.2},
      {"n":"current","t":-4,"v":1.3},
      {"n":"current","t":-3,"v":1.4},
      {"n":"current","t":-2,"v":1.5},
      {"n":"current","t":-1,"v":1.6},
      {"n":"current","v":1.7}
    ]`;
    expect(resolved(pack)).toEqual(voltageAndCurrents);
  });

  test('5.1.2, a stream: the records that were there when it ended', () => {
    const pack = `[
      {"bn":"urn:dev:ow:10e2073a01080063","bt":1.320067464e+09,
       "bu":"%RH","v":21.2},
      {"t":10,"v":21.3},
      {"t":20,"v":21.4}
    ]`;
    const metric = 'urn:dev:ow:10e2073a01080063';
    expect(resolved(pack)).toEqual([
      { ts: 1_320_067_464_000, values: { [metric]: 21.2 } },
      { ts: 1_320_067_474_000, values: { [metric]: 21.3 } },
      { ts: 1_320_067_484_000, values: { [metric]: 21.4 } },
    ]);
  });

  test('5.1.3 and 5.1.4, three quantities by one name, told apart by their unit: refused at the second', () => {
    const base = '{"bn":"urn:dev:ow:10e2073a01080063","bt":1.320067464e+09,"bu":"%RH","v":20}';
    expect(faultOf(`[${base},{"u":"lon","v":24.30621},{"u":"lat","v":60.07965}]`)).toEqual([
      'senml-name-twice',
      '/1/v',
    ]);
    const n = '"n":"urn:dev:ow:10e2073a01080063"';
    const first = `{${n},"u":"%RH","t":1.320067464e+09,"v":20}`;
    expect(faultOf(`[${first},{${n},"u":"lon","t":1.320067464e+09,"v":24.30621}]`)).toEqual([
      'senml-name-twice',
      '/1/v',
    ]);
  });

  test('5.1.5, multiple data types: data is no kind of value, the others are', () => {
    const pack = `[
      {"bn":"urn:dev:ow:10e2073a01080063:","n":"temp","u":"Cel","v":23.1},
      {"n":"label","vs":"Machine Room"},
      {"n":"open","vb":false},
      {"n":"nfv-reader","vd":"aGkgCg"}
    ]`;
    expect(faultOf(pack)).toEqual(['bytes-not-supported', '/3/vd']);
    expect(resolved(pack.replace(/,\s*\{"n":"nfv-reader".*\}/, ''))).toEqual([
      { values: { temp: 23.1, label: 'Machine Room', open: false } },
    ]);
  });

  test('5.1.6, a collection of resources: names that are no device URN stay whole', () => {
    const pack = `[
      {"bn":"2001:db8::2/","bt":1.320078429e+09,
       "n":"temperature","u":"Cel","v":25.2},
      {"n":"humidity","u":"%RH","v":30},
      {"bn":"2001:db8::1/","n":"temperature","u":"Cel","v":12.3},
      {"n":"humidity","u":"%RH","v":67}
    ]`;
    expect(resolved(pack)).toEqual([
      {
        ts: 1_320_078_429_000,
        values: {
          '2001:db8::2/temperature': 25.2,
          '2001:db8::2/humidity': 30,
          '2001:db8::1/temperature': 12.3,
          '2001:db8::1/humidity': 67,
        },
      },
    ]);
  });

  test('5.1.7, setting an actuator: a record that only sets a base is no measurement', () => {
    const thermostat = `[
      {"bn":"urn:dev:ow:10e2073a01080063:"},
      {"n":"temp","u":"Cel","v":23.1},
      {"n":"heat","u":"/","v":1},
      {"n":"fan","u":"/","v":0}
    ]`;
    expect(resolved(thermostat)).toEqual([{ values: { temp: 23.1, heat: 1, fan: 0 } }]);
    const lights = `[
      {"bt":1.320078429e+09,"bu":"/","n":"2001:db8::3","v":0.5},
      {"n":"2001:db8::4","v":0.5},
      {"n":"2001:db8::3","t":0.1,"v":0},
      {"n":"2001:db8::4","t":0.1,"v":0}
    ]`;
    expect(resolved(lights)).toEqual([
      { ts: 1_320_078_429_000, values: { '2001:db8::3': 0.5, '2001:db8::4': 0.5 } },
      { ts: 1_320_078_429_100, values: { '2001:db8::3': 0, '2001:db8::4': 0 } },
    ]);
  });

  test('6, CBOR: the bytes of the dump are the pack of 5.1.2', () => {
    const dump = `87 a7 21 78 1b 75 72 6e 3a 64 65 76 3a 6f 77 3a 31 30 65 32 30 37 33 61 30 31 30 38 30 30 36 3a
      22 fb 41 d3 03 a1 5b 00 10 62 23 61 41 20 05 00 67 76 6f 6c 74 61 67 65 01 61 56 02 fb 40 5e 06
      66 66 66 66 66 a3 00 67 63 75 72 72 65 6e 74 06 24 02 fb 3f f3 33 33 33 33 33 33 a3 00 67 63 75
      72 72 65 6e 74 06 23 02 fb 3f f4 cc cc cc cc cc cd a3 00 67 63 75 72 72 65 6e 74 06 22 02 fb 3f
      f6 66 66 66 66 66 66 a3 00 67 63 75 72 72 65 6e 74 06 21 02 f9 3e 00 a3 00 67 63 75 72 72 65 6e
      74 06 20 02 fb 3f f9 99 99 99 99 99 9a a3 00 67 63 75 72 72 65 6e 74 06 00 02 fb 3f fb 33 33 33
      33 33 33`;
    const bytes = Buffer.from(dump.replaceAll(/\s/g, ''), 'hex');
    expect(bytes).toHaveLength(0xc3);
    expect(decodeReport(bytes, 'application/senml+cbor', context).value).toEqual(voltageAndCurrents);
  });
});
