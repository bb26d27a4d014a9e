import { validationFailed } from '@myelin/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { policyLimits } from '../../domain/notifying/policy.js';
import { readPolicy } from '../../domain/notifying/read-policy.js';
import { refused } from '../../http/refused.js';
import type { NotificationSettings } from '../../notifications/notification-settings.js';
import type { PolicyRecord } from '../../persistence/policies.repository.js';

/** As JSON. It is read anew by every process when it has changed. */
export const maxPolicyBytes = 262_144;

const matchers = {
  ...{ type: 'array' as const, description: 'all must match; a missing label is an empty one, expressions are RE2' },
  items: {
    ...{ type: 'object' as const, required: ['name', 'operator', 'value'] },
    properties: {
      ...{ name: { type: 'string' as const }, operator: { type: 'string' as const, enum: ['=', '!=', '=~', '!~'] } },
      value: { type: 'string' as const },
    },
  },
};
const milliseconds = ({ min: minimum, max: maximum }: { min: number; max: number }, value: number) => ({
  ...{ type: 'integer' as const, minimum, maximum, default: value },
});
const names = (description: string) => ({
  ...{ type: 'array' as const, items: { type: 'string' as const }, description },
});

const route = {
  ...{ type: 'object' as const, additionalProperties: true, required: ['receiver'] },
  description:
    'The root takes every alert; on each level the first route that matches does, and further ones while it says `continue`',
  properties: {
    receiver: { type: 'string' as const, description: 'one of `receivers`; routes below have it from above' },
    groupBy: names('labels by which alerts are told together; `...`: every alert alone'),
    groupWaitMs: milliseconds(policyLimits.groupWaitMs, 30_000),
    groupIntervalMs: milliseconds(policyLimits.groupIntervalMs, 300_000),
    repeatIntervalMs: milliseconds(policyLimits.repeatIntervalMs, 14_400_000),
    ...{ matchers, continue: { type: 'boolean' as const, default: false } },
    ...{ muteTimeIntervals: names('of `timeIntervals`'), activeTimeIntervals: names('of `timeIntervals`') },
    routes: { type: 'array' as const, items: { type: 'object' as const, additionalProperties: true } },
  },
};
const receiver = {
  ...{ type: 'object' as const, additionalProperties: true, required: ['name', 'kind'] },
  properties: {
    ...{ name: { type: 'string' as const }, sendResolved: { type: 'boolean' as const } },
    kind: { type: 'string' as const, enum: ['webhook', 'email', 'alertmanager'] },
    url: { type: 'string' as const, format: 'uri', description: 'of a webhook or an Alertmanager' },
    signingKeyRef: { type: 'string' as const, description: 'of a webhook: the name of a key in the configuration' },
    maxAlerts: { type: 'integer' as const, description: 'of a webhook: in one body; 0 = all' },
    timeoutMs: { type: 'integer' as const },
    to: names('of an e-mail'),
  },
};

/** Words about what `readPolicy` reads; that decides. */
export class PolicySchema {
  @ApiProperty(route)
  route!: object;

  @ApiProperty({ type: 'array', items: receiver, maxItems: policyLimits.receivers })
  receivers!: object[];

  @ApiPropertyOptional({
    ...{
      type: 'array',
      maxItems: policyLimits.inhibitRules,
      description: 'while a source fires, its targets are not told',
    },
    items: {
      ...{ type: 'object', required: ['sourceMatchers', 'targetMatchers'] },
      properties: { sourceMatchers: matchers, targetMatchers: matchers, equal: names('labels that both share') },
    },
  })
  inhibitRules?: object[];

  @ApiPropertyOptional({
    ...{ type: 'array', maxItems: policyLimits.timeIntervals },
    items: {
      ...{ type: 'object', required: ['name', 'intervals'] },
      properties: {
        name: { type: 'string' },
        intervals: {
          ...{ type: 'array', items: { type: 'object', additionalProperties: true } },
          description:
            "Alertmanager's: `times` (startTime, endTime), `weekdays`, `daysOfMonth`, `months`, `years`, `location`",
        },
      },
    },
  })
  timeIntervals?: object[];
}

export class PolicyView extends PolicySchema {
  @ApiProperty({ type: 'integer', description: 'also the ETag' })
  version!: number;

  @ApiProperty({ format: 'date-time' })
  updatedAt!: string;

  @ApiProperty({ description: '`operator:<subject>`' })
  updatedBy!: string;
}

/** @throws Problem 400 validation-failed with all faults, each at its place */
export function policyDefinition(body: unknown, tenant: string, settings: NotificationSettings): object {
  const read = readPolicy(body, settings.missingFor(tenant));
  if (!read.ok) throw refused(read.problems);
  // Not before it is read: what is nested too deeply cannot be written as JSON.
  const bytes = Buffer.byteLength(JSON.stringify(body));
  if (bytes > maxPolicyBytes)
    throw validationFailed([{ pointer: '', detail: `takes ${bytes} bytes as JSON; ${maxPolicyBytes} at most` }]);
  return body as object;
}

export function policyView({ definition, version, updatedAt, updatedBy }: PolicyRecord): PolicyView {
  return { ...(definition as PolicySchema), version, updatedAt: updatedAt.toISOString(), updatedBy };
}
