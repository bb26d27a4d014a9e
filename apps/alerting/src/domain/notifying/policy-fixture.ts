import type { Alert } from './alert.js';
import type { Labels } from './labels.js';
import type { Policy } from './policy.js';
import { readPolicy } from './read-policy.js';
import type { MatcherDefinition } from './label-matchers.js';

/** For specs: a policy whose receivers are the names given, all of them webhooks. */
export function aPolicy(
  route: object,
  rest: { receivers?: readonly (string | object)[]; inhibitRules?: object[]; timeIntervals?: object[] } = {},
): Policy {
  const { receivers = ['pager'], ...more } = rest;
  const definition = {
    ...{ route: { receiver: 'pager', ...route }, ...more },
    receivers: receivers.map((each) => (typeof each === 'string' ? aWebhook(each) : each)),
  };
  const read = readPolicy(definition);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.value;
}

export function aWebhook(name: string, rest: object = {}): object {
  return { name, kind: 'webhook', url: 'https://example.com/hook', signingKeyRef: 'main', ...rest };
}

export function matcher(text: string): MatcherDefinition {
  const [, name = '', operator = '=', value = ''] = /^(\w+)(=~|!~|!=|=)(.*)$/.exec(text) ?? [];
  return { name, operator: operator as MatcherDefinition['operator'], value };
}

let revisions = 0;

export function anAlert(labels: Labels, rest: Partial<Alert> = {}): Alert {
  revisions += 1;
  return { labels, annotations: {}, startsAtMs: 0, endsAtMs: null, generatorUrl: '', revision: revisions, ...rest };
}
