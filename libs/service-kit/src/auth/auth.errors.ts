import { CodedError } from '@myelin/kernel';

/**
 * Mistakes of a set-up, found at start-up: `auth.settings-invalid`, `auth.access-undeclared` (routes without `@Roles` or
 * `@Public`), `auth.issuer-missing` (routes with `@Roles` in a service without `operatorAuth`); and
 * `auth.keys-unavailable` (retryable) while the issuer does not answer.
 */
export class AuthError extends CodedError<
  'auth.settings-invalid' | 'auth.access-undeclared' | 'auth.issuer-missing' | 'auth.keys-unavailable'
> {}
