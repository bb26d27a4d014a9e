import type { ConsumerDeclaration, EventContract } from '../definition/define-event.js';
import type { Cleanup } from '../definition/define-topic.js';
import { keyForms } from '../definition/record-key.js';
import { plainSchema } from '../definition/schema-walk.js';

/** The page of all events, in Markdown. */
export function eventsPage(events: readonly EventContract[]): string {
  return [
    '# Events',
    '',
    'Derived from `libs/contracts` by `npm run generate`; do not edit. Every record carries a CloudEvents 1.0 envelope in its',
    'headers (binary mode), its value is the payload alone.',
    '',
    '| Event | Topic | Key | Published by | Consumed by |',
    '| --- | --- | --- | --- | --- |',
    ...events.map(row),
    '',
    ...events.flatMap(section),
  ].join('\n');
}

function row({ name, version, topic, key, consumers }: EventContract): string {
  const readers = [...new Set(consumers.map(({ service }) => service))].join(', ');
  return `| [${name} v${version}](#${anchor(name, version)}) | \`${topic.name}\` | \`${keyForms[key]}\` | ${topic.owner} | ${readers || '-'} |`;
}

function anchor(name: string, version: number): string {
  return `${name}-v${version}`;
}

function section(event: EventContract): string[] {
  const { name, version, type, topic, key, exampleKey, summary, headers, consumers, example, schema } = event;
  const { deprecated } = event;
  return [
    `## ${name} v${version}`,
    '',
    summary,
    '',
    ...(deprecated ? [`**Deprecated**: move to \`${deprecated.successor}\` before ${deprecated.endsOn}.`, ''] : []),
    `- Type: \`${type}\``,
    `- Topic: \`${topic.name}\`, ${topic.partitions} partitions, ${keeping(topic.cleanup)}`,
    `- Key: \`${keyForms[key]}\`, e.g. \`${exampleKey}\``,
    ...Object.entries(headers).map(([header, meaning]) => `- Header \`${header}\`: ${meaning}`),
    ...consumers.map((consumer) => `- ${reading(consumer)}`),
    '',
    ...fenced(example),
    '<details><summary>Schema</summary>',
    '',
    ...fenced(plainSchema(schema)),
    '</details>',
    '',
  ];
}

function keeping(cleanup: Cleanup): string {
  if (cleanup.kind === 'delete') return `kept ${cleanup.retentionMs / 86_400_000} days`;
  return `compacted: the newest value of each key stays, a tombstone for ${cleanup.tombstoneRetentionMs / 86_400_000} days`;
}

function reading(consumer: ConsumerDeclaration): string {
  if (consumer.kind === 'table') return `Read into memory by every process of ${consumer.service}`;
  return `Consumed by the group \`${consumer.group}\`, which on poison does \`${consumer.onPoison}\``;
}

function fenced(value: unknown): string[] {
  return ['```json', JSON.stringify(value, null, 2), '```', ''];
}
