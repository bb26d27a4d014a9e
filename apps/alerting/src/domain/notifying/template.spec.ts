import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { escapeHtml, escapeJson, oneLine } from './escaping.js';
import { type TemplateFields, type TemplateValues, compileTemplate, templateLimits } from './template.js';

const fields: TemplateFields = {
  ...{ value: 'number', startedAt: 'instant', 'rule.name': 'text', 'device.id': 'text', 'device.labels': 'labels' },
};
function render(source: string, values: TemplateValues = {}): string {
  const compiled = compileTemplate(source, fields);
  if ('faults' in compiled) throw new Error(JSON.stringify(compiled.faults));
  return compiled.template.render(values);
}

describe('a template', () => {
  const startedAt = Date.UTC(2026, 10, 26, 12, 0, 5);
  test.each<[string, TemplateValues, string]>([
    ['plain text } { {', {}, 'plain text } { {'],
    ['{{ rule.name }}: {{device.id}}', { 'rule.name': 'Hot', 'device.id': 'd-1' }, 'Hot: d-1'],
    ['{{ device.labels.room }}|{{ device.labels.__proto__ }}', { 'device.labels': { room: '7' } }, '7|'],
    ['{{ rule.name }}|{{ value }}', { value: null }, '|'],
    ['{{ rule.name }}', { 'rule.name': '{{ value }}' }, '{{ value }}'],
    ['{{ value }}', { value: 21.5 }, '21.5'],
    ['{{ value | humanize }}', { value: 1_234_567 }, '1.235M'],
    ['{{ value | humanize }}', { value: -0.00015 }, '-150u'],
    ['{{ value | humanize }}', { value: 0 }, '0'],
    ['{{ value | humanize }}', { value: 1e300 }, '1e+276Y'],
    ['{{ value | humanize }}', { value: Number.NaN }, 'NaN'],
    ['{{ value | fixed "2" }}', { value: 2 }, '2.00'],
    ['{{ value | percent }}', { value: 0.1234 }, '12.34 %'],
    ['{{ value | duration }}', { value: 90_061_000 }, '1d 1h 1m 1s'],
    ['{{ value | duration }}', { value: 250 }, '250ms'],
    ['{{ startedAt }}', { startedAt }, '2026-11-26T12:00:05.000Z'],
    ['{{ startedAt | date "Europe/Berlin" }}', { startedAt }, '2026-11-26 13:00:05 GMT+01:00'],
    ['{{ startedAt | date "UTC" }}', { startedAt: Number.NaN }, ''],
  ])('%s with %j is %j', (source, values, expected) => {
    expect(render(source, values)).toBe(expected);
  });

  test.each<[string, number, string]>([
    ['ab {{ value', 3, 'opens with {{ and never closes with }}'],
    [
      '{{ constructor }}',
      0,
      'constructor is no field; fields are value, startedAt, rule.name, device.id, device.labels',
    ],
    [
      '{{ device.labels }}',
      0,
      'device.labels is no field; fields are value, startedAt, rule.name, device.id, device.labels',
    ],
    ['x{{ value | date "UTC" }}', 1, 'date does not format a number; what does is humanize, percent, duration, fixed'],
    ['{{ rule.name | humanize }}', 0, 'humanize does not format a text; what does is nothing'],
    ['{{ value | fixed }}', 0, 'needs a number of decimals: fixed "1"'],
    ['{{ value | humanize "1" }}', 0, 'takes no argument'],
    ['{{ startedAt | date "Mars" }}', 0, 'needs a time zone: date "Europe/Berlin"'],
    ['{{ range . }}{{ end }}', 0, 'must be a field, or a field and a formatter: {{ value | fixed "1" }}'],
    ['{{ value | humanize | humanize }}', 0, 'must be a field, or a field and a formatter: {{ value | fixed "1" }}'],
    ['', -1, ''],
  ])('%s: fault at %i', (source, offset, problem) => {
    const compiled = compileTemplate(source, fields);
    const [fault] = 'faults' in compiled ? compiled.faults : [];
    expect(fault ?? { offset: -1, problem: '' }).toEqual({ offset, problem });
  });

  test('makes no more than its bound of anything, and never half a character', () => {
    const long = { 'device.id': '😀'.repeat(400) };
    const shown = render('{{ device.id }}', long);
    expect([shown.length, shown.isWellFormed()]).toEqual([templateLimits.valueLength - 1, true]);
    expect(render('{{device.id}}'.repeat(64), long).length).toBeLessThanOrEqual(templateLimits.outputLength);
    const tooMany = compileTemplate('{{device.id}}'.repeat(65), fields);
    expect('faults' in tooMany && tooMany.faults).toMatchObject([{ offset: 64 * 13 }]);
    expect('faults' in compileTemplate('x'.repeat(4_097), fields)).toBe(true);
  });

  test('shows an instant as the clocks of a place do, west of Greenwich and before there were zones too', () => {
    const shown = (zone: string, at: number): string => render(`{{ startedAt | date "${zone}" }}`, { startedAt: at });
    expect(shown('America/New_York', startedAt)).toBe('2026-11-26 07:00:05 GMT−05:00');
    expect(shown('Africa/Monrovia', 0)).toBe('1969-12-31 23:15:30 GMT−00:44:30');
    expect(shown('UTC', 0)).toBe('1970-01-01 00:00:00 GMT+00:00');
  });

  test('has no format of its own for each place: these take memory as long as the rule is there', () => {
    const made = jest.spyOn(Intl, 'DateTimeFormat');
    for (let nth = 0; nth < 100; nth += 1) render('{{ startedAt | date "Asia/Tokyo" }}'.repeat(8), { startedAt });
    const { length } = made.mock.calls;
    made.mockRestore();
    expect(length).toBeLessThanOrEqual(1);
  });

  test('whatever is written, it is compiled or its fault is told, and what it makes is bounded', () => {
    const piece = fc.constantFrom(
      '{{',
      '}}',
      '{',
      ' ',
      '|',
      '"',
      'value',
      'device.labels.a',
      'humanize',
      'date',
      'UTC',
      'x',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), fc.double(), (pieces, value) => {
        const compiled = compileTemplate(pieces.join(''), fields);
        if ('template' in compiled)
          expect(compiled.template.render({ value }).length).toBeLessThanOrEqual(templateLimits.outputLength);
        else expect(compiled.faults.length).toBeGreaterThan(0);
      }),
    );
  });
});

describe('escaping', () => {
  const markup = `<img src=x onerror="a('b')">&`;
  test('leaves nothing that HTML reads as markup', () => {
    expect(escapeHtml(markup)).toBe('&lt;img src=x onerror=&quot;a(&#39;b&#39;)&quot;&gt;&amp;');
  });

  test('leaves a JSON string that reads back as what it was, also within a script of HTML', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(JSON.parse(`"${escapeJson(text)}"`)).toBe(text);
      }),
    );
    expect(escapeJson('</script>\u2028')).toBe('\\u003c/script\\u003e\\u2028');
  });

  test('leaves one line where there may only be one', () => {
    expect(oneLine('Hot\r\nBcc: everybody@example.com\u0085x\n', 100)).toBe('Hot Bcc: everybody@example.com x');
    expect(oneLine('abcdef', 3)).toBe('abc');
  });
});
