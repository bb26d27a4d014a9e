import { Problem } from '../http/problem.js';

/** What the admin listener refuses requests with, by problem type. */
const refusals = {
  'host-not-mine': { status: 403, title: 'The Host header is not that of this listener' },
  'origin-not-allowed': { status: 403, title: 'Pages in browsers may not ask this listener' },
  'not-found': { status: 404, title: 'There is nothing at this path' },
  'method-not-allowed': { status: 405, title: 'The path does not take this method' },
  'body-too-large': { status: 413, title: 'The body is larger than 1 KiB' },
  'body-truncated': { status: 400, title: 'The body ended before its announced end' },
  'malformed-json': { status: 400, title: 'The body is not JSON' },
  'profile-running': { status: 409, title: 'A profile is being taken already' },
  'metrics-not-collected': { status: 503, title: 'This process was started without OpenTelemetry' },
  'log-level-fixed': { status: 501, title: 'The logger of this process has a fixed level' },
} as const;

export function adminRefusal(
  type: keyof typeof refusals,
  about: { readonly detail?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): Problem {
  return new Problem({ type, ...refusals[type], ...about });
}
