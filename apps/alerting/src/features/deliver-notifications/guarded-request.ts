import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { describeError } from '@myelin/kernel';
import type { AddressGuard, CheckedAddress } from './address-guard.js';
import { DeliveryError } from './delivery.errors.js';
import { noteStatus } from './notify-span.js';

export interface GuardedPost {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Of all together: resolving, connecting, redirects, answers. */
  readonly timeoutMs: number;
}

export interface GuardedAnswer {
  readonly status: number;
  /** As the receiver wrote it. */
  readonly retryAfter: string | undefined;
}

const maxRedirects = 3;
const maxAnswerBytes = 65_536;

/** Of 303 the meaning is to fetch something else, which delivers nothing. */
const repeatable = new Set([301, 302, 307, 308]);

/**
 * Posts to where a policy says, and only to addresses that the guard lets through. A name is resolved once; the
 * connection goes to the address that was checked, while TLS still verifies the name. Redirects are checked like the
 * first address. At most 64 KiB of the answer are read.
 * @throws DeliveryError
 */
export async function guardedPost(guard: AddressGuard, post: GuardedPost): Promise<GuardedAnswer> {
  const signal = AbortSignal.timeout(post.timeoutMs);
  let url = acceptedUrl(post.url);
  for (let redirects = 0; ; redirects++) {
    const addresses = await beforeAbort(guard.addressesOf(url.hostname), signal);
    const answer = await exchange(url, addresses, post, signal);
    noteStatus(answer.status);
    if (!repeatable.has(answer.status)) return answer;
    if (redirects === maxRedirects || answer.location === undefined)
      throw DeliveryError.permanent(
        'delivery.redirect-refused',
        `more than ${maxRedirects} redirects, or one to nowhere`,
      );
    url = acceptedUrl(answer.location, url);
  }
}

function acceptedUrl(text: string, from?: URL): URL {
  const url = URL.parse(text, from?.href);
  const wrong =
    url === null || !['http:', 'https:'].includes(url.protocol)
      ? 'only http and https are allowed'
      : url.username !== '' || url.password !== ''
        ? 'credentials in a URL are not allowed'
        : from?.protocol === 'https:' && url.protocol === 'http:'
          ? 'https does not redirect to http'
          : undefined;
  if (url === null || wrong !== undefined) throw DeliveryError.permanent('delivery.url-refused', wrong ?? '');
  return url;
}

interface Exchanged extends GuardedAnswer {
  readonly location: string | undefined;
}

function exchange(
  url: URL,
  addresses: readonly CheckedAddress[],
  { headers, body }: GuardedPost,
  signal: AbortSignal,
): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      // A connection of its own, which nothing that was checked at another time can be waiting on.
      ...{ agent: false, lookup: pinned(addresses), signal },
    });
    request.on('error', (error) => reject(meaningOf(error, signal)));
    // Who answers by changing the protocol (101) has closed the connection with neither an error nor an answer.
    request.on('close', () =>
      reject(DeliveryError.retryable('delivery.connection-failed', 'closed without an answer')),
    );
    request.on('response', (answer) => {
      const { statusCode: status = 0, headers: answered } = answer;
      const exchanged = { status, retryAfter: answered['retry-after'], location: answered.location };
      // The status has decided: that the rest breaks off, or takes too long, changes nothing.
      const done = (): void => {
        resolve(exchanged);
        request.destroy();
      };
      request.prependListener('error', done);
      readAtMost(answer, maxAnswerBytes, done);
    });
    request.end(body);
  });
}

function readAtMost(answer: IncomingMessage, maxBytes: number, done: () => void): void {
  let bytes = 0;
  answer.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxBytes) done();
  });
  answer.on('error', done);
  answer.on('close', done);
}

/** Answers with what was checked, whatever the name resolves to by now. */
function pinned(addresses: readonly CheckedAddress[]): LookupFunction {
  return (_hostname, options, callback) => {
    if (options.all) return callback(null, [...addresses]);
    const [first] = addresses as [CheckedAddress];
    return callback(null, first.address, first.family);
  };
}

async function beforeAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(meaningOf(undefined, signal));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
  return Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', onAbort));
}

function meaningOf(error: unknown, signal: AbortSignal): DeliveryError {
  if (signal.aborted) return DeliveryError.retryable('delivery.timed-out', 'no answer in time');
  const { code = '' } = error as NodeJS.ErrnoException;
  if (/^(CERT_|ERR_TLS_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_SSL_|HOSTNAME_MISMATCH)/.test(code))
    return DeliveryError.retryable('delivery.certificate-invalid', code, { cause: error });
  const shown = /^[A-Z][A-Z0-9_]{2,40}$/.test(code) ? code : describeError(error).split(':')[0];
  return DeliveryError.retryable('delivery.connection-failed', shown ?? 'no connection', { cause: error });
}
