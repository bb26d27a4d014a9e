import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DeviceReportKind } from '../domain/assignments/device-report.js';
import { DdiRefusal } from './ddi-refusal.js';
import { executions, type FeedbackOn, finishes } from './feedback-tables.js';
import { type Feedback, feedbackMaxBytes, parseFeedback } from './parse-feedback.js';

const bytes = (text: string): Buffer => Buffer.from(text);
const body = (status: unknown, rest: object = {}): Buffer => bytes(JSON.stringify({ ...rest, status }));
const status = (details?: unknown): object => ({ execution: 'proceeding', result: { finished: 'none' }, details });

function accepted(sent: Uint8Array, on: FeedbackOn = 'deployment'): Feedback {
  const parsed = parseFeedback(on, sent);
  if (parsed instanceof DdiRefusal) throw new Error(parsed.detail);
  return parsed;
}
const refused = (sent: Uint8Array): unknown => {
  const parsed = parseFeedback('deployment', sent);
  return parsed instanceof DdiRefusal ? [parsed.status, parsed.pointer] : parsed;
};

const deployment: readonly (readonly [execution: string, finished: string, kind: DeviceReportKind])[] = [
  ['closed', 'failure', 'failed'],
  ['closed', 'success', 'succeeded'],
  ['closed', 'none', 'succeeded'],
  ['downloaded', '*', 'downloaded'],
  ['download', '*', 'downloading'],
  ['canceled', '*', 'cancelled'],
  ['rejected', '*', 'warned'],
  ['proceeding', '*', 'proceeding'],
  ['scheduled', '*', 'proceeding'],
  ['resumed', '*', 'proceeding'],
];
const cancel: typeof deployment = [
  ['closed', 'success', 'cancelled'],
  ['closed', 'none', 'cancelled'],
  ['closed', 'failure', 'cancel-refused'],
  ['rejected', '*', 'cancel-refused'],
  ['canceled', '*', 'warned'],
  ['proceeding', '*', 'proceeding'],
  ['scheduled', '*', 'proceeding'],
  ['resumed', '*', 'proceeding'],
  ['downloaded', '*', 'proceeding'],
  ['download', '*', 'proceeding'],
];
const vectors = (['deployment', 'cancel'] as const).flatMap((on) =>
  (on === 'deployment' ? deployment : cancel).flatMap(([execution, finished, kind]) =>
    (finished === '*' ? finishes : [finished]).map((one) => ({ on, execution, finished: one, kind })),
  ),
);

describe('the feedback of a device', () => {
  test.each(vectors)('on $on: $execution/$finished means $kind', ({ on, execution, finished, kind }) => {
    expect(accepted(body({ execution, result: { finished } }), on).report).toEqual({ kind });
  });

  test('is tried in every combination that there is', () => {
    expect(vectors).toHaveLength(2 * executions.length * finishes.length);
  });

  test('has code, messages and time, where it has them', () => {
    const details = ['The update was processed.'];
    const sent = {
      execution: 'proceeding',
      result: { finished: 'none', progress: { cnt: 2, of: 5 } },
      code: 200,
      details,
    };
    expect(accepted(body(sent, { timestamp: 1_627_997_501_890 }))).toEqual({
      ...{ kind: 'feedback', report: { kind: 'proceeding' }, code: 200, messages: details, atMs: 1_627_997_501_890 },
    });
    expect(accepted(body(status()))).toEqual({ kind: 'feedback', report: { kind: 'proceeding' }, messages: [] });
  });

  test('is taken as SWUpdate sends it', () => {
    const sent =
      '{ "id": 7, "time": "20261122T215434", "status": { "result": { "progress": { "cnt" : 0, "of" : 1 }, "finished": "none" }, "execution": "proceeding", "details" : [ "Installing Update Chunk Artifacts." ] } }';
    expect(accepted(bytes(sent))).toEqual({
      ...{ kind: 'feedback', report: { kind: 'proceeding' }, messages: ['Installing Update Chunk Artifacts.'] },
    });
  });

  test('is taken as Zephyr and rauc send it', () => {
    const zephyr = '{"id":"8","status":{"execution":"closed","result":{"finished":"success"}}}';
    expect(accepted(bytes(zephyr)).report).toEqual({ kind: 'succeeded' });
    const rauc =
      '{"id":"8","time":"20261122T215434","status":{"result":{"finished":"failure"},"execution":"closed","details":["Failed to install software bundle."]}}';
    expect(accepted(bytes(rauc)).report).toEqual({ kind: 'failed' });
  });

  test('may hold raw control characters, as failure logs do', () => {
    const sent =
      '{"status":{"execution":"closed",\r\n\t"result":{"finished":"failure"},"details":["ERROR : \u0001one\ntwo\tthree"]}}';
    expect(accepted(bytes(sent))).toMatchObject({
      ...{ report: { kind: 'failed' }, messages: ['ERROR :  one two three'] },
    });
  });

  test('may begin with a byte order mark and hold bytes that are no UTF-8', () => {
    const sent = Buffer.concat([bytes('\ufeff'), body(status('a?b'))]);
    sent[sent.indexOf('?')] = 0xff;
    expect(accepted(sent).messages).toEqual(['a\ufffdb']);
  });

  test.each<[string, unknown, string[]]>([
    ['one text', 'alone', ['alone']],
    ['nothing', undefined, []],
    ['null', null, []],
    ['blanks', ['', '  \n', null], []],
    ['other values', [1, true, { a: 1 }], ['1', 'true', '{"a":1}']],
    ['what no database takes', ['a\0b\ud800c'], ['a b\ufffdc']],
  ])('may have %s as details', (_what, details, messages) => {
    expect(accepted(body(status(details))).messages).toEqual(messages);
  });

  test('has 50 messages at most, counted before long ones are split', () => {
    const long = 'x'.repeat(4_000);
    expect(accepted(body(status(Array<string>(50).fill(long)))).messages).toHaveLength(50 * 8);
    expect(refused(body(status(Array<string>(51).fill('m'))))).toEqual([429, '/status/details']);
  });

  test('loses nothing of a long message, and no piece is longer than 512 or cuts a character', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 500, maxLength: 1_600 });
    fc.assert(
      fc.property(text, (message) => {
        const { messages } = accepted(body(status([`a${message}z`])));
        expect(messages.join('')).toBe(`a${message}z`.replace(/[\x00-\x08\x0b-\x1f\x7f]/g, ' ')); // eslint-disable-line no-control-regex
        expect(messages.every((piece) => piece.length <= 512 && piece.isWellFormed())).toBe(true);
      }),
      { numRuns: 50 },
    );
    expect(accepted(body(status('x'.repeat(513)))).messages.map((piece) => piece.length)).toEqual([512, 1]);
    expect(accepted(body(status('x'.repeat(512)))).messages).toHaveLength(1);
    expect(accepted(body(status(`${'x'.repeat(511)}😀`))).messages.map((piece) => piece.length)).toEqual([511, 2]);
  });

  test.each<[string, Buffer, [number, string | undefined]]>([
    ['no JSON', bytes('{'), [400, '']],
    ['nothing', bytes(''), [400, '']],
    ['a list', bytes('[]'), [400, '']],
    ['null', bytes('null'), [400, '']],
    [
      'what looks like a refusal',
      bytes('{"kind":"refused","status":200,"reason":"gone","detail":"x"}'),
      [400, '/status'],
    ],
    ['no status', bytes('{"id":1}'), [400, '/status']],
    ['a status that is a list', body([]), [400, '/status']],
    ['no execution', body({ result: { finished: 'none' } }), [400, '/status/execution']],
    ['an unknown execution', body({ execution: 'done', result: { finished: 'none' } }), [400, '/status/execution']],
    ['a property of all objects', body({ execution: 'toString', result: {} }), [400, '/status/execution']],
    ['upper case', body({ execution: 'CLOSED', result: { finished: 'none' } }), [400, '/status/execution']],
    ['no result', body({ execution: 'closed' }), [400, '/status/result']],
    ['no finished', body({ execution: 'closed', result: {} }), [400, '/status/result/finished']],
    ['an unknown finished', body({ execution: 'closed', result: { finished: 1 } }), [400, '/status/result/finished']],
    ['too many bytes', body(status('x'.repeat(feedbackMaxBytes))), [413, undefined]],
  ])('is refused with its place: %s', (_what, sent, expected) => {
    expect(refused(sent)).toEqual(expected);
  });

  test.each([
    ['code', { code: 1.5 }, {}],
    ['code beyond int32', { code: 2 ** 31 }, {}],
    ['time', {}, { timestamp: 'yesterday' }],
    ['time before 1970', {}, { timestamp: -1 }],
    ['time after 9999', {}, { timestamp: 1e15 }],
  ])('is taken without a %s that says nothing', (_what, inner, outer) => {
    const parsed = accepted(body({ ...status(), ...inner }, outer));
    expect(parsed).toEqual({ kind: 'feedback', report: { kind: 'proceeding' }, messages: [] });
  });

  test('may write numbers as texts', () => {
    const parsed = accepted(body({ ...status(), code: '-3' }, { timestamp: '1627997501890', id: '7' }));
    expect(parsed).toMatchObject({ code: -3, atMs: 1_627_997_501_890 });
  });

  test('is taken without a message that is nested too deeply to be written', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const sent = `{"status":{"execution":"proceeding","result":{"finished":"none"},"details":["a",${deep},"b"]}}`;
    expect(accepted(bytes(sent))).toMatchObject({ report: { kind: 'proceeding' }, messages: ['a', 'b'] });
  });

  test('of any bytes makes nothing throw', () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map(bytes),
      fc.anything().map((x) => body(x)),
    );
    fc.assert(
      fc.property(anything, (sent) => {
        expect(['feedback', 'refused']).toContain(parseFeedback('cancel', sent).kind);
      }),
    );
    const deep = bytes(`{"status":${'['.repeat(100_000)}`);
    expect(refused(deep)).toEqual([400, '']);
  });
});
