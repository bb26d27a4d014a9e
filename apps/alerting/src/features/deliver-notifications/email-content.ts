import { escapeHtml, oneLine } from '../../domain/notifying/escaping.js';
import { type Labels, commonTo } from '../../domain/notifying/labels.js';
import type { Notification, NotifiedAlert } from '../../domain/notifying/notification.js';

export interface EmailContent {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** A mail is read by people; the rest they look up. */
const maxAlerts = 50;

export function emailContent(notification: Notification, externalUrl: string): EmailContent {
  const { alerts, truncatedAlerts, groupLabels, status } = notification;
  const firing = alerts.filter((alert) => alert.status === 'firing').length;
  const count = status === 'firing' ? `:${firing}` : '';
  const common = commonTo(alerts.map(({ labels }) => labels));
  const names = Object.keys(groupLabels).length > 0 ? groupLabels : common;
  const subject = oneLine(`[${status.toUpperCase()}${count}] ${Object.values(names).join(' ')}`, 200);
  const shown = alerts.slice(0, maxAlerts);
  const more = truncatedAlerts + alerts.length - shown.length;
  const moreLine = more === 0 ? [] : [`and ${more} more`];
  const link = externalUrl === '' ? [] : [externalUrl];
  return {
    subject,
    text: [...shown.map(textOf), ...moreLine, ...link].join('\n\n'),
    html: [
      `<h1>${escapeHtml(subject)}</h1>`,
      ...shown.map(htmlOf),
      ...[...moreLine, ...link].map((line) => `<p>${escapeHtml(line)}</p>`),
    ].join('\n'),
  };
}

function textOf(alert: NotifiedAlert): string {
  const lines = [headOf(alert), ...entries(alert.annotations), ...entries(alert.labels).map((line) => `  ${line}`)];
  if (alert.generatorUrl !== '') lines.push(alert.generatorUrl);
  return lines.map((line) => oneLine(line, 2_000)).join('\n');
}

function htmlOf(alert: NotifiedAlert): string {
  const rows = Object.entries(alert.labels).map(
    ([name, value]) => `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`,
  );
  const notes = entries(alert.annotations).map((line) => `<p>${escapeHtml(line)}</p>`);
  const link = alert.generatorUrl === '' ? '' : `<p>${escapeHtml(alert.generatorUrl)}</p>`;
  return `<h2>${escapeHtml(headOf(alert))}</h2>${notes.join('')}<table>${rows.join('')}</table>${link}`;
}

function headOf({ status, startsAtMs, endsAtMs }: NotifiedAlert): string {
  const since = `since ${new Date(startsAtMs).toISOString()}`;
  return `${status} ${since}${endsAtMs === null ? '' : ` until ${new Date(endsAtMs).toISOString()}`}`;
}

function entries(labels: Labels): string[] {
  return Object.entries(labels).map(([name, value]) => `${name}: ${value}`);
}
