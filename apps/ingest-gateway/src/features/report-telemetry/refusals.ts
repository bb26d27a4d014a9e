import { Problem, type ProblemInit } from '@myelin/service-kit';

/** Everything that a device can be told instead of 202, by problem type. The OpenAPI document derives from it. */
export const refusals = {
  unauthenticated: { status: 401, title: 'The device credentials are missing or not valid' },
  'too-many-failed-attempts': { status: 429, title: 'Too many requests with wrong credentials from this address' },
  'device-not-active': { status: 403, title: 'The device has not been activated' },
  'device-suspended': { status: 403, title: 'The device is suspended' },
  'device-quarantined': { status: 403, title: 'The device is quarantined' },
  'device-retired': { status: 403, title: 'The device is retired' },
  'device-rate-exceeded': { status: 429, title: 'The device reports more often than it may' },
  'tenant-rate-exceeded': { status: 429, title: 'The devices of the tenant together report more often than they may' },
  'unsupported-media-type': { status: 415, title: 'The body must be JSON or CBOR, canonical or SenML' },
  'content-encoding-not-supported': { status: 415, title: 'The body may be compressed with gzip or zstd only' },
  'body-too-large': { status: 413, title: 'The body is larger than 512 KiB, as it came or as JSON' },
  'body-inflates-too-much': {
    status: 413,
    title: 'The body is larger than 512 KiB, or than 100 times what was sent, when inflated',
  },
  'body-truncated': { status: 400, title: 'The body ended before its announced end' },
  'malformed-gzip': { status: 400, title: 'The body is not gzip, or ends too early' },
  'malformed-zstd': { status: 400, title: 'The body is not one frame of zstd, or ends too early' },
  'body-not-utf8': { status: 400, title: 'A text in the body is not UTF-8' },
  'malformed-json': { status: 400, title: 'The body is not JSON' },
  'malformed-cbor': { status: 400, title: 'The body is not one item of CBOR' },
  'body-too-deep': { status: 400, title: 'The body is nested deeper than 16' },
  'duplicate-member': { status: 400, title: 'An object names a member twice' },
  'member-name-not-text': { status: 400, title: 'A key of a map is not text' },
  'integer-too-large': { status: 400, title: 'An integer is beyond 2^53 and would not be exact' },
  'number-not-finite': { status: 400, title: 'A number is NaN, infinite, or beyond a double' },
  'bytes-not-supported': { status: 400, title: 'Bytes are no kind of value' },
  'value-not-supported': { status: 400, title: 'A simple value of CBOR is no kind of value' },
  'tag-not-supported': { status: 400, title: 'A tag of CBOR has no meaning where it stands' },
  'tag-content-invalid': { status: 400, title: 'What a tag of CBOR holds does not fit it' },
  'senml-record-invalid': { status: 400, title: 'A record does not have the form of SenML' },
  'senml-version-not-supported': { status: 400, title: 'The version of the SenML pack is not understood' },
  'senml-must-understand': { status: 400, title: 'A label of SenML must be understood, and is not' },
  'senml-name-invalid': { status: 400, title: 'The name of a record is no name in SenML, or no metric' },
  'senml-name-twice': { status: 400, title: 'A name has two values at one time' },
  'senml-several-devices': { status: 400, title: 'A pack tells of several devices' },
  'senml-other-device': { status: 400, title: 'The pack names another device' },
  'unit-mismatch': { status: 400, title: 'A unit is not the one that the profile states' },
  'too-many-measurements': { status: 413, title: 'A batch holds at most 1,000 measurements' },
  'too-many-values': { status: 400, title: 'A measurement holds at most 256 values' },
  'measurement-invalid': { status: 400, title: 'A measurement does not have the form of the contract' },
  'ts-too-old': { status: 400, title: 'A measurement is older than its profile keeps them' },
  'ts-too-far-ahead': { status: 400, title: 'A measurement is more than 5 minutes ahead of the receive time' },
  'unknown-metric': { status: 400, title: 'The profile does not name the metric' },
  'metric-reserved': { status: 400, title: 'The metric has a reserved name' },
  'value-kind-mismatch': { status: 400, title: 'A value is not of the kind that the profile states' },
  'text-not-storable': { status: 400, title: 'A text cannot be stored' },
  'too-many-out-of-range': { status: 400, title: 'Too many values are outside of their range' },
  'not-ready': { status: 503, title: 'The gateway does not know its devices yet' },
  overloaded: { status: 503, title: 'More is waiting to be written than the gateway may hold' },
  'stream-unavailable': { status: 503, title: 'The report could not be written' },
} as const satisfies Record<string, { status: number; title: string }>;

export type RefusalType = keyof typeof refusals;

/** A refusal as a problem document (RFC 9457). */
export function refusal(
  type: RefusalType,
  about: Pick<ProblemInit, 'detail' | 'errors' | 'headers' | 'extensions' | 'cause'> = {},
): Problem {
  return new Problem({ type, ...refusals[type], ...about });
}

/** Seconds, spread over a range, so that those who were refused together do not come back together. */
export function retryAfter(fromSeconds: number, toSeconds: number): { 'retry-after': string } {
  return { 'retry-after': String(Math.floor(fromSeconds + Math.random() * (toSeconds - fromSeconds + 1))) };
}
