import { duration, integer, list, oneOf, port, secret, text, url } from '@myelin/config';
import { signingKeysForm } from './signing-keys.js';

/** What the environment says of notifications. */
export const notificationVariables = {
  /** Where operators reach this service; in everything that is told. Its own address by default. */
  externalUrl: url('EXTERNAL_URL', { optional: true }),
  signingKeys: secret('WEBHOOK_SIGNING_KEYS', {
    ...{ optional: true, pattern: signingKeysForm },
    expected: '<tenant>/<name>=whsec_<base64 of 24 to 64 bytes>, several with commas or line ends between them',
  }),
  /** Private ranges that webhooks may reach. */
  allowedAddresses: list('NOTIFICATION_ALLOWED_ADDRESSES', { optional: true }),
  smtpHost: text('SMTP_HOST', { optional: true }),
  smtpPort: port('SMTP_PORT', { default: 587 }),
  smtpTls: oneOf('SMTP_TLS', ['implicit', 'required', 'none'], { default: 'required' }),
  smtpUser: text('SMTP_USER', { optional: true }),
  smtpPassword: secret('SMTP_PASSWORD', { optional: true }),
  smtpFrom: text('SMTP_FROM', { optional: true, pattern: /^[^@\s]+@[^@\s]+$/, expected: 'an e-mail address' }),
  smtpTimeoutMs: duration('SMTP_TIMEOUT', { default: '30s', minMs: 100 }),
  /** How soon a change of an alarm is looked at. */
  dispatchMs: duration('DISPATCH_INTERVAL', { default: '500ms' }),
  /** How long the tenants of a process that died wait for another one. */
  dispatchLeaseMs: duration('DISPATCH_LEASE', { default: '15s', minMs: 1_000 }),
  deliverMs: duration('DELIVERY_INTERVAL', { default: '500ms' }),
  deliveriesInFlight: integer('DELIVERIES_IN_FLIGHT', { default: 16, min: 1, max: 1_000 }),
  /** How long notifications are kept after they were delivered or parked, and silences after their end. */
  deliveryRetentionMs: duration('DELIVERY_RETENTION', { default: '30d', minMs: 60_000 }),
};
