import { Problem } from '@myelin/service-kit';

/** Every refusal that is this service's own. The slug of a problem is part of the API. */
export const problems = {
  notFound: (entity: 'rule' | 'alarm' | 'notification-policy' | 'silence' | 'notification') =>
    new Problem({ status: 404, type: `${entity}-not-found`, title: `No such ${entity.replace('-', ' ')}` }),

  ruleLimit: (maxRules: number) =>
    new Problem({
      status: 409,
      type: 'rule-limit',
      title: 'The tenant has as many rules as it may',
      extensions: { maxRules },
    }),

  silenceLimit: (maxSilences: number) =>
    new Problem({
      status: 409,
      type: 'silence-limit',
      title: 'The tenant has as many silences as it may',
      extensions: { maxSilences },
    }),

  receiverTestLimit: (retryAfterSeconds: number) =>
    new Problem({
      status: 429,
      type: 'receiver-test-limit',
      title: 'Another receiver is being tested',
      detail: 'a tenant has one test at a time, and a process few',
      headers: { 'Retry-After': String(retryAfterSeconds) },
    }),

  notParked: () =>
    new Problem({
      status: 409,
      type: 'notification-not-parked',
      title: 'The notification is not parked',
      detail: 'what is delivered, or still being tried, is not sent again',
    }),
};
