import { expect, test } from '@jest/globals';
import type { Labels } from '../../domain/notifying/labels.js';
import type { Notification, NotifiedAlert } from '../../domain/notifying/notification.js';
import { emailContent } from './email-content.js';

const alert = (labels: Labels, annotations: Labels = {}): NotifiedAlert => ({
  ...{ status: 'firing', labels, annotations, startsAtMs: Date.UTC(2026, 10, 26), endsAtMs: null, generatorUrl: '' },
});
const notification = (alerts: NotifiedAlert[], groupLabels: Labels = {}): Notification => ({
  ...{ receiver: 'mail', groupKey: '{}:{}', groupLabels, groupCreatedAtMs: 0, sequence: 0, atMs: 0, alerts },
  ...{ reason: 'first notification', status: 'firing', truncatedAlerts: 0, repeatsWithinMs: 1 },
});

test('what devices and rules say cannot become markup, a header or another line', () => {
  const evil = `<script>"x"</script>\r\nBcc: all@example.com`;
  const { subject, text, html } = emailContent(
    notification([alert({ device: evil }, { [evil]: evil })], { device: evil }),
    '',
  );
  expect(subject).toBe('[FIRING:1] <script>"x"</script> Bcc: all@example.com');
  expect(text.split('\n').some((line) => line.startsWith('Bcc'))).toBe(false);
  expect(html).not.toMatch(/<script|<\/script/);
});

test('each alert says where its alarm is looked at', () => {
  const of = (id: number): NotifiedAlert => ({
    ...alert({ device: `d-${id}` }),
    generatorUrl: `https://a/alarms/${id}&`,
  });
  const { text, html } = emailContent(notification([of(1), of(2)]), '');
  expect(text).toMatch(/device: d-1\nhttps:\/\/a\/alarms\/1&\n\n[^]*device: d-2\nhttps:\/\/a\/alarms\/2&$/);
  expect(html).toMatch(/d-1<[^]*<p>https:\/\/a\/alarms\/1&amp;<\/p>[^]*d-2<[^]*<p>https:\/\/a\/alarms\/2&amp;<\/p>/);
});

test('fifty alerts are shown, the rest is counted', () => {
  const alerts = Array.from({ length: 60 }, (_, index) => alert({ device: `d-${index}` }));
  const { subject, text } = emailContent({ ...notification(alerts), truncatedAlerts: 5 }, 'https://alarms.example.com');
  expect(subject).toBe('[FIRING:60]');
  expect([text.includes('d-49'), text.includes('d-50')]).toEqual([true, false]);
  expect(text.endsWith('and 15 more\n\nhttps://alarms.example.com')).toBe(true);
});
