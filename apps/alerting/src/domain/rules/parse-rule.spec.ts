import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DevicePlan } from '../evaluation/device-plan.js';
import { RuleProgram } from '../evaluation/rule-program.js';
import { parseRule } from './parse-rule.js';

const hot = { metric: 'temperature', op: '>', value: 80 };
const rule = (parts: object = {}): object => ({ when: hot, severity: 'major', ...parts });
const unlike = (params: object = {}): object => ({
  ...{ metric: 't', op: 'anomaly', model: { type: 'peer-group', params } },
});
const whose = (when: unknown): object => rule({ when });

const problemsOf = (body: unknown): string[] => {
  const result = parseRule(body);
  return result.ok ? [] : result.problems.map(({ pointer, problem }) => `${pointer} ${problem}`);
};

describe('reading a rule', () => {
  const everything = {
    name: 'Line too hot',
    enabled: false,
    scope: { devices: ['a:1'], profiles: ['thermometer'], sites: ['plant-1'], labels: { line: ['4', '5'] } },
    when: {
      all: [
        {
          metric: 'temperature',
          aggregate: 'avg',
          windowMs: 300_000,
          op: '>=',
          value: { from: 'site', path: '/limits/t~1x', default: 80 },
        },
        { any: [{ metric: 'door', op: '==', value: true }, { not: { metric: 'mode', op: '!=', value: 'auto' } }] },
        { metric: 'temperature', op: 'stuck', windowMs: 60_000 },
        { metric: 'door', op: 'changed' },
        { metric: 'temperature', op: 'anomaly', model: { type: 'ewma-z', params: { span: 50 } } },
        { metric: 'temperature', op: 'reaches', forecast: { limit: 80, horizonMs: 21_600_000, windowMs: 3_600_000 } },
      ],
    },
    forMs: 60_000,
    kOfN: { k: 3, n: 5 },
    clear: { hysteresis: 2, forMs: 0 },
    schedule: {
      timeZone: 'Europe/Berlin',
      intervals: [
        { times: [{ startTime: '06:00', endTime: '22:00' }], weekdays: ['monday:friday'] },
        { daysOfMonth: ['-1'], months: ['december'], years: ['2026'] },
      ],
    },
    latenessMs: 120_000,
    severity: 'critical',
    labels: { team: 'cooling', 'acme/shift': '2' },
    annotations: {
      summary: '{{ device.id }} of {{ device.labels.line }}',
      description: '{{ startedAt }}, {{ labels.team }}',
    },
  };

  test('takes every part of the language as it was written, and it can be evaluated', () => {
    const result = parseRule(everything);
    expect(result).toEqual({ ok: true, value: everything });
    if (!result.ok) return;
    expect(new DevicePlan([new RuleProgram({ id: 'r', version: 1, ...result.value })]).slots).toBeGreaterThan(100);
  });

  test.each([{ op: 'absent' }, { op: 'absent', metric: 'door', windowMs: 60_000 }])(
    'takes %j as it was written',
    (when) => {
      expect(parseRule(whose(when))).toMatchObject({ ok: true, value: { when } });
    },
  );

  test('takes a rule that compares devices, with what goes by rounds', () => {
    const body = rule({
      ...{ when: unlike({ by: 'site', everyMs: 600_000, threshold: 6, resolution: 0.1, direction: 'above' }) },
      ...{ forMs: 600_000, kOfN: { k: 2, n: 3 }, clear: { forMs: 600_000 }, latenessMs: 600_000 },
      schedule: { intervals: [{ weekdays: ['monday:friday'] }] },
      annotations: { summary: '{{ peers.value }} is {{ peers.deviation | fixed "1" }} from {{ peers.others }} others' },
    });
    expect(parseRule(body)).toEqual({ ok: true, value: { scope: {}, ...body } });
    expect(parseRule(whose({ metric: 't', op: 'anomaly', model: { type: 'peer-group' } }))).toMatchObject({ ok: true });
  });

  test.each<[unknown, unknown[]]>([
    [
      rule({ when: { op: 'absent' }, forMs: 1, kOfN: { k: 1, n: 1 } }),
      ['/forMs does not go with the operator absent', '/kOfN does not go with the operator absent'],
    ],
    [
      whose({ op: 'absent', value: 3, windowMs: 999 }),
      [
        '/when/value does not go with the operator absent',
        '/when/windowMs must be a whole number from 1000 to 604800000',
      ],
    ],
    [null, [' must be an object', '/when is required', '/severity is required']],
    [
      rule({ wen: 1 }),
      [expect.stringMatching(/^\/wen is not known; known are name, enabled, scope, when, .*, labels, annotations$/)],
    ],
    [rule({ name: '', enabled: 1 }), ['/name must be a text of 1 to 128 characters', '/enabled must be true or false']],
    [
      rule({ labels: { '1st': 'a', severity: 'b', c: '' } }),
      [
        '/labels/1st is named by what does not match ^[A-Za-z_][A-Za-z0-9._/-]*$, or is too long',
        '/labels/severity is a label that every alarm has by itself',
        '/labels/c must be a text of 1 to 256 characters',
      ],
    ],
    [
      rule({ labels: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`l${i}`, 'x'])) }),
      ['/labels may have 32 labels at most'],
    ],
    [
      rule({ annotations: { summary: 'a {{ b', description: '{{ secret }}', title: '' } }),
      [
        '/annotations/title is not known; known are summary, description',
        '/annotations/summary at character 2: opens with {{ and never closes with }}',
        expect.stringMatching(/^\/annotations\/description at character 0: secret is no field; fields are tenant, /),
      ],
    ],
    [
      rule({ scope: { profiles: ['p'.repeat(64), 'p'.repeat(65)] } }),
      ['/scope/profiles/1 must match ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'],
    ],
    [rule({ scope: { labels: { line: ['a\0b'] } } }), ['/scope/labels/line/0 must be a text of 1 to 128 characters']],
    [
      rule({ scope: { devices: Array.from({ length: 1_000 }, (_, i) => String(i).padStart(128, 'd')) } }),
      [expect.stringMatching(/^ takes 131\d{3} bytes as JSON; 65536 at most$/)],
    ],
    [rule({ severity: 'bad' }), ['/severity must be one of critical, major, minor, warning, info']],
    [rule({ forMs: -1 }), ['/forMs must be a whole number from 0 to 604800000']],
    [rule({ latenessMs: 3_600_001 }), ['/latenessMs must be a whole number from 0 to 3600000']],
    [rule({ kOfN: { k: 4, n: 3 } }), ['/kOfN/k must not be greater than n']],
    [rule({ kOfN: {} }), ['/kOfN/k is required', '/kOfN/n is required']],
    [rule({ clear: { hysteresis: 0 } }), ['/clear/hysteresis must be a number above 0']],
    [
      rule({ clear: { hysteresis: 1, when: hot } }),
      ['/clear/hysteresis does not go with a condition of its own for clearing'],
    ],
    [
      rule({ when: { metric: 'door', op: 'changed' }, clear: { hysteresis: 1 } }),
      ['/clear/hysteresis needs a comparison with >, >=, <, <= in when'],
    ],
    [rule({ schedule: {} }), ['/schedule/intervals is required']],
    [rule({ schedule: { intervals: [] } }), ['/schedule/intervals must have an item']],
    [
      rule({ schedule: { timeZone: 'Mars/Olympus', intervals: [{ weekdays: ['noday'], location: 'UTC' }] } }),
      [
        '/schedule/timeZone is no time zone of the IANA database',
        '/schedule/intervals/0/location is not known; known are times, weekdays, daysOfMonth, months, years',
        '/schedule/intervals/0/weekdays/0 must be a weekday, or two as monday:friday',
      ],
    ],
    [
      rule({ schedule: { intervals: [{ times: [{ startTime: '22:00', endTime: '06:00' }] }] } }),
      ['/schedule/intervals/0/times/0/endTime must be after startTime; cut a night at 24:00'],
    ],
    [
      whose({ ...hot, metric: '$quality.delay' }),
      [expect.stringMatching(/^\/when\/metric is no metric of data quality; there are \$quality\.delayAvgMs, /)],
    ],
    [
      whose({ op: 'absent', metric: '$quality.lateShare' }),
      [expect.stringMatching(/^\/when\/metric does not go with the operator absent: /)],
    ],
    [
      rule({
        when: { all: [{ ...hot, metric: '$quality.lateShare' }, { not: { any: [hot, hot] } }] },
        clear: { when: hot },
      }),
      ['/when/all/1/not/any/0 does not go together with /when/all/0: one is about data quality, the other is not'],
    ],
    [
      rule({ clear: { when: { ...hot, metric: '$quality.lateShare' } } }),
      ['/clear/when does not go together with /when: one is about data quality, the other is not'],
    ],
    [
      whose({ any: [hot, { not: unlike() }] }),
      [
        '/when/any/1/not/model/type compares devices with each other, which is the whole of `when` or no part of a rule',
      ],
    ],
    [
      rule({ clear: { when: unlike() } }),
      ['/clear/when/model/type compares devices with each other, which is the whole of `when` or no part of a rule'],
    ],
    [rule({ when: unlike(), clear: { when: hot, forMs: 1 } }), ['/clear/when does not go with the model peer-group']],
    [
      rule({ when: unlike(), clear: { hysteresis: 1 } }),
      ['/clear/hysteresis needs a comparison with >, >=, <, <= in when'],
    ],
    [
      rule({ when: unlike({ everyMs: 60_000 }), latenessMs: 60_001 }),
      ['/latenessMs must be at most everyMs of the model, 60000'],
    ],
    [whose({ ...unlike(), metric: '$quality.lateShare' }), ['/when/metric does not go with the model peer-group']],
    [
      whose(unlike({ by: 'floor', everyMs: 1, minPeers: 2, capacity: 7 })),
      [
        expect.stringMatching(/^\/when\/model\/params\/capacity is not known; there are by, everyMs, /),
        '/when/model/params/by must be one of profile, site',
        '/when/model/params/everyMs must be a whole number from 60000 to 3600000 (ms)',
        '/when/model/params/minPeers must be a whole number from 3 to 1000 (members)',
      ],
    ],
    [rule({ scope: { devices: [] } }), ['/scope/devices must have an item']],
    [
      rule({ storm: { by: 'floor', share: 0, atLeast: 1, windowMs: 1, for: 1 } }),
      [
        '/storm/for is not known; known are by, share, atLeast, windowMs',
        '/storm/by must be one of site, profile',
        '/storm/share must be a number above 0, 1 at most',
        '/storm/atLeast must be a whole number from 2 to 1000000',
        '/storm/windowMs must be a whole number from 10000 to 86400000',
      ],
    ],
    [rule({ scope: { devices: ['a/b'] } }), ['/scope/devices/0 must match ^[A-Za-z0-9._:-]{1,128}$']],
    [
      rule({ scope: { labels: { 'a b': ['x'] } } }),
      ['/scope/labels/a b is named by what does not match ^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$'],
    ],
    [whose({ all: [] }), ['/when/all must have an item']],
    [whose({ all: [hot], any: [hot] }), ['/when/any is not known; known are all']],
    [whose({ any: [hot, { op: '>' }] }), ['/when/any/1/metric is required', '/when/any/1/value is required']],
    [
      whose({ ...hot, op: '=>' }),
      ['/when/op must be one of >, >=, <, <=, ==, !=, changed, stuck, anomaly, reaches, absent'],
    ],
    [whose({ ...hot, value: 'high' }), ['/when/value must be a number or a reference with the operator >']],
    [whose({ ...hot, value: null }), ['/when/value must be a number, true, false, a text or a reference']],
    [whose({ ...hot, windowMs: 5_000 }), ['/when/windowMs goes only with an aggregate over a window']],
    [whose({ ...hot, aggregate: 'avg' }), ['/when/windowMs is required']],
    [
      whose({ ...hot, aggregate: 'avg', windowMs: 10 }),
      ['/when/windowMs must be a whole number from 1000 to 604800000'],
    ],
    [
      whose({ ...hot, value: { from: 'device', path: 'limit' } }),
      ['/when/value/path must be a JSON pointer such as /limits/temperature'],
    ],
    [whose({ metric: 'door', op: 'changed', value: 1 }), ['/when/value does not go with the operator changed']],
    [whose({ metric: 'bad name', op: 'changed' }), ['/when/metric must match ^[A-Za-z0-9_][A-Za-z0-9._:/-]{0,127}$']],
    [
      whose({ metric: 't', op: 'anomaly', model: { type: 'oracle' } }),
      [expect.stringMatching(/^\/when\/model\/type must be one of ewma-z, .*, peer-group$/)],
    ],
    [
      whose({ metric: 't', op: 'anomaly', model: { type: 'ewma-z', params: { span: -1 } } }),
      [expect.stringMatching(/^\/when\/model\/params\/span must /)],
    ],
    [
      whose({ metric: 't', op: 'reaches', forecast: { limit: 80, horizonMs: 60_000 } }),
      [expect.stringMatching(/^\/when\/forecast\/windowMs /)],
    ],
    [whose({ not: { not: { not: { not: { not: hot } } } } }), ['/when/not/not/not/not is nested deeper than 4 levels']],
    [whose({ all: [{ any: Array(9).fill(hot) }, { any: Array(9).fill(hot) }] }), ['/when has 18 parts; 16 at most']],
  ])('%j is refused with its place', (body, problems) => {
    expect(problemsOf(body)).toEqual(problems);
  });

  test('never throws, and what it takes can be evaluated, whatever JSON it is given', () => {
    const key = fc.constantFrom(
      'when',
      'all',
      'any',
      'not',
      'metric',
      'op',
      'value',
      'model',
      'type',
      'params',
      'forecast',
      'clear',
      'severity',
      'windowMs',
      'aggregate',
    );
    const word = fc.constantFrom<unknown>(
      '>',
      'changed',
      'anomaly',
      'reaches',
      'stuck',
      'avg',
      'major',
      'ewma-z',
      'peer-group',
      1,
      5_000,
      null,
      true,
      '__proto__',
    );
    const { json } = fc.letrec<{ json: unknown }>((tie) => ({
      json: fc.oneof(
        { depthSize: 'medium' },
        word,
        fc.array(tie('json'), { maxLength: 3 }),
        fc.dictionary(key, tie('json'), { maxKeys: 5 }),
      ),
    }));
    fc.assert(
      fc.property(json, (body) => {
        const result = parseRule(body);
        if (result.ok) new RuleProgram({ id: 'r', version: 1, ...result.value });
        else expect(result.problems.length).toBeGreaterThan(0);
      }),
      { numRuns: 3_000 },
    );
  });
});
