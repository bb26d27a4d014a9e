import { describe, expect, test } from '@jest/globals';
import { alertingConfig } from '../config.js';
import { SigningKeys } from './signing-keys.js';

const [one, two] = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', `whsec_${'A'.repeat(86)}==`];
const environment = { DATABASE_URL: 'postgres://a@b/c', OIDC_ISSUER: 'http://i' };

describe('signing keys', () => {
  test('are those of one tenant only, by name', () => {
    const keys = SigningKeys.parse(`acme/main=${one}, globex/main=${two}\nacme/pager=${two}\n`);
    expect([keys.of('acme', 'main'), keys.of('globex', 'main'), keys.of('acme', 'pager')]).toEqual([one, two, two]);
    expect([keys.of('globex', 'pager'), keys.of('other', 'main')]).toEqual([undefined, undefined]);
    expect(SigningKeys.parse('').of('acme', 'main')).toBeUndefined();
  });

  test.each([`main=${one}`, `acme/main=${one.slice(0, -1)}`, `acme/main=${one};`, `acme/ma in=${one}`, 'acme/main='])(
    'that are malformed stop the service, and are not shown: %s',
    (text) => {
      const load = (): unknown => alertingConfig({ ...environment, WEBHOOK_SIGNING_KEYS: text });
      expect(load).toThrow('WEBHOOK_SIGNING_KEYS does not have the right form');
      expect(load).not.toThrow(one.slice(6, 20));
    },
  );

  test('that are named twice stop the service', () => {
    const load = (): unknown => alertingConfig({ ...environment, WEBHOOK_SIGNING_KEYS: `a/b=${one},a/b=${two}` });
    expect(load).toThrow('WEBHOOK_SIGNING_KEYS names a/b twice');
  });
});

describe('what notifications are configured with', () => {
  test.each([
    [{ SMTP_HOST: 'mail' }, 'SMTP_FROM is not set'],
    [{ SMTP_USER: 'me' }, 'SMTP_PASSWORD is not set'],
    [{ SMTP_PASSWORD: 'hunter2' }, 'SMTP_USER is not set'],
    [{ NOTIFICATION_ALLOWED_ADDRESSES: '10.0.0.0/8,everywhere' }, 'NOTIFICATION_ALLOWED_ADDRESSES has everywhere'],
    [{ NOTIFICATION_ALLOWED_ADDRESSES: '10.0.0.0/33' }, 'NOTIFICATION_ALLOWED_ADDRESSES has 10.0.0.0/33'],
  ])('stops the service where it is incomplete: %j', (variables, problem) => {
    expect(() => alertingConfig({ ...environment, ...variables })).toThrow(problem);
  });
});
