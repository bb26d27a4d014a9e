import type { Problems } from '../definitions/problems.js';
import { JsonReader } from '../definitions/read-json.js';

interface ReceiverBase {
  readonly name: string;
  /** Whether it is told of what is over. */
  readonly sendResolved: boolean;
}

export interface WebhookReceiver extends ReceiverBase {
  readonly kind: 'webhook';
  readonly url: string;
  /** The name under which the service's configuration has the key. The key itself is nowhere in a policy. */
  readonly signingKeyRef: string;
  /** Of one body; 0 = as many as a notification has. */
  readonly maxAlerts: number;
  readonly timeoutMs: number;
}

export interface EmailReceiver extends ReceiverBase {
  readonly kind: 'email';
  readonly to: readonly string[];
}

export interface AlertmanagerReceiver extends ReceiverBase {
  readonly kind: 'alertmanager';
  /** Of its root; `/api/v2/alerts` is added. */
  readonly url: string;
  readonly timeoutMs: number;
}

/** Who hears of alerts, and by which way. */
export type Receiver = WebhookReceiver | EmailReceiver | AlertmanagerReceiver;

export const receiverLimits = { urlLength: 2048, to: 20, timeoutMs: { min: 100, max: 30_000 } } as const;

const kinds = ['webhook', 'email', 'alertmanager'] as const;
const members = {
  webhook: ['name', 'kind', 'sendResolved', 'url', 'signingKeyRef', 'maxAlerts', 'timeoutMs'],
  email: ['name', 'kind', 'sendResolved', 'to'],
  alertmanager: ['name', 'kind', 'sendResolved', 'url', 'timeoutMs'],
} as const;

/** Words that may stand where configuration is referred to, and as the names of receivers. */
export const receiverName = /^[A-Za-z][A-Za-z0-9_.-]*$/;

/** One address and nothing else: no name, no list, no line break, nothing that a header could take for its own. */
const address = /^[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;

export function readReceiver(value: unknown, pointer: string, problems: Problems): Receiver | undefined {
  const kind = (value as { kind?: unknown } | null)?.kind as Receiver['kind'];
  const reader = JsonReader.of(
    value,
    pointer,
    problems,
    kinds.includes(kind) ? members[kind] : Object.keys(value ?? {}),
  );
  if (!problems.expect(kinds.includes(kind), reader.at('kind'), `must be one of ${kinds.join(', ')}`)) return undefined;
  const name = readReference(reader, 'name');
  switch (kind) {
    case 'webhook': {
      const base = { kind, name, sendResolved: reader.boolean('sendResolved') ?? true, ...readTarget(reader) };
      const maxAlerts = reader.integer('maxAlerts', { min: 0, max: 100_000 }) ?? 0;
      return { ...base, signingKeyRef: readReference(reader, 'signingKeyRef'), maxAlerts };
    }
    case 'email': {
      const to = reader.texts('to', receiverLimits.to, 320);
      problems.expect(to.length > 0, reader.at('to'), 'is required');
      for (const [index, each] of to.entries())
        if (each !== '') problems.expect(address.test(each), `${reader.at('to')}/${index}`, 'is not an e-mail address');
      // As in Alertmanager: a mail about what is over is sent to those who ask for it.
      return { kind, name, sendResolved: reader.boolean('sendResolved') ?? false, to };
    }
    case 'alertmanager':
      return { kind, name, sendResolved: reader.boolean('sendResolved') ?? true, ...readTarget(reader) };
  }
}

function readTarget(reader: JsonReader): { url: string; timeoutMs: number } {
  const url = reader.requiredText('url', { max: receiverLimits.urlLength });
  const problem = url === '' ? undefined : urlProblem(url);
  if (problem !== undefined) reader.problems.add(reader.at('url'), problem);
  return { url, timeoutMs: reader.integer('timeoutMs', receiverLimits.timeoutMs) ?? 10_000 };
}

function urlProblem(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null) return 'is not an absolute URL';
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must begin with https:// or http://';
  if (url.username !== '' || url.password !== '') return 'must not carry credentials';
  return undefined;
}

function readReference(reader: JsonReader, name: string): string {
  const text = reader.requiredText(name, { max: 64 });
  if (text !== '')
    reader.problems.expect(receiverName.test(text), reader.at(name), 'may have letters, digits and _ . - only');
  return text;
}
