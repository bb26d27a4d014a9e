import type { ConfigOf, ConfigProblem } from '@myelin/config';
import type { Unusable } from '../domain/notifying/read-policy.js';
import type { notificationVariables } from './notification-variables.js';
import { SigningKeys } from './signing-keys.js';
import type { SmtpSettings } from './smtp-settings.js';

export interface NotificationConfig extends ConfigOf<typeof notificationVariables> {
  readonly httpHost: string;
  readonly httpPort: number;
}

/** What notifications need beside the policy of a tenant: what only whoever runs the service can say. */
export class NotificationSettings {
  readonly externalUrl: string;
  readonly signingKeys: SigningKeys;
  readonly allowedAddresses: readonly string[];
  /** Undefined: there is no mail server. */
  readonly smtp: SmtpSettings | undefined;

  /** @throws TypeError for what `notificationProblems` finds */
  constructor(config: NotificationConfig) {
    const { externalUrl = `http://${config.httpHost}:${config.httpPort}` } = config;
    this.externalUrl = externalUrl.replace(/\/+$/, '');
    this.signingKeys = SigningKeys.parse(config.signingKeys ?? '');
    this.allowedAddresses = config.allowedAddresses ?? [];
    this.smtp = smtpOf(config, this.externalUrl);
  }

  /** What receivers of a tenant's policy ask for and this service has not. */
  missingFor(tenant: string): Unusable {
    return (receiver) => {
      if (receiver.kind === 'webhook' && this.signingKeys.of(tenant, receiver.signingKeyRef) === undefined)
        return { member: 'signingKeyRef', problem: 'names no signing key that is configured for the tenant' };
      if (receiver.kind === 'email' && this.smtp === undefined)
        return { member: 'kind', problem: 'cannot be used: no mail server is configured' };
      return undefined;
    };
  }
}

/** What goes together, is there together. */
export function notificationProblems(config: NotificationConfig): ConfigProblem[] {
  const { smtpHost, smtpFrom, smtpUser, smtpPassword } = config;
  const problems: ConfigProblem[] = [];
  try {
    SigningKeys.parse(config.signingKeys ?? '');
  } catch (error) {
    const problem = error instanceof TypeError ? error.message : 'cannot be read';
    problems.push({ variable: 'WEBHOOK_SIGNING_KEYS', problem, expected: 'each name of a tenant once' });
  }
  if (smtpHost !== undefined && smtpFrom === undefined)
    problems.push({ variable: 'SMTP_FROM', problem: 'is not set', expected: 'an e-mail address, with SMTP_HOST' });
  if ((smtpUser === undefined) !== (smtpPassword === undefined))
    problems.push({
      variable: smtpUser === undefined ? 'SMTP_USER' : 'SMTP_PASSWORD',
      ...{ problem: 'is not set', expected: 'SMTP_USER and SMTP_PASSWORD, or none of them' },
    });
  return problems;
}

function smtpOf(config: NotificationConfig, externalUrl: string): SmtpSettings | undefined {
  const { smtpHost: host, smtpPort: port, smtpTls: tls, smtpFrom: from, smtpTimeoutMs: timeoutMs } = config;
  if (host === undefined || from === undefined) return undefined;
  const { smtpUser: user, smtpPassword: password } = config;
  return { host, port, tls, from, timeoutMs, externalUrl, ...(user && { user }), ...(password && { password }) };
}
