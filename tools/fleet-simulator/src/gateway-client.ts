import { Pool } from 'undici';
import { encodedReport, type Encoding } from './encoding.js';
import type { SentMeasurement } from './ledger.js';
import type { LegacyTracer } from './legacy/legacy-tracer.js';

/** What its profile wants of measurements: stored, evaluated and never stored, or stored and then rid of redundant values. */
export type DeviceKind = 'stored' | 'evaluated' | 'filtered';

/** How a device proves who it is. */
export interface DeviceAccount {
  readonly device: string;
  readonly authorization: string;
  /** The same to the firmware service: `TargetToken <credentialId>.<secret>`. */
  readonly targetToken: string;
  readonly encoding: Encoding;
  readonly kind: DeviceKind;
  /** Traced by a client of before OpenTelemetry. Default false. */
  readonly isLegacy?: boolean;
}

export type SendOutcome = {
  /** The status, with the type of the problem when there is one; `broken` without an answer. */
  readonly answer: string;
} & (
  | { readonly kind: 'accepted' }
  /** Nothing was taken; `retryAfterMs` when trying again makes sense. */
  | { readonly kind: 'refused'; readonly status: number; readonly retryAfterMs?: number }
  /** The connection broke or the server failed: taken or not, nobody knows. */
  | { readonly kind: 'unanswered'; readonly retryAfterMs?: number }
);

const path = '/v1/telemetry';

/** Speaks the device side of `POST /v1/telemetry`. */
export class GatewayClient {
  readonly #pool: Pool;

  /** @param legacy traces the reports of legacy devices */
  constructor(
    url: string,
    connections: number,
    private readonly legacy?: LegacyTracer,
  ) {
    this.#pool = new Pool(url, { connections, pipelining: 1, headersTimeout: 40_000, bodyTimeout: 40_000 });
  }

  async send(account: DeviceAccount, measurements: readonly SentMeasurement[]): Promise<SendOutcome> {
    const isTraced = account.isLegacy === true && measurements.length > 0;
    if (!isTraced || this.legacy === undefined) return this.#request(account, measurements, {});
    const traced = this.legacy.begin('POST', path, account.device);
    const outcome = await this.#request(account, measurements, traced.headers);
    traced.end(outcome.answer);
    return outcome;
  }

  async #request(
    account: DeviceAccount,
    measurements: readonly SentMeasurement[],
    traceHeaders: Readonly<Record<string, string>>,
  ): Promise<SendOutcome> {
    const { mediaType, coding } = account.encoding;
    try {
      const response = await this.#pool.request({
        method: 'POST',
        path,
        headers: {
          authorization: account.authorization,
          'content-type': mediaType,
          ...(coding !== 'identity' && { 'content-encoding': coding }),
          ...traceHeaders,
        },
        body: encodedReport(account.encoding, account.device, measurements),
      });
      const text = await response.body.text();
      return outcomeOf(response.statusCode, text, retryAfterMs(response.headers['retry-after']));
    } catch {
      return { kind: 'unanswered', answer: 'broken' };
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}

function outcomeOf(status: number, body: string, retryMs: number | undefined): SendOutcome {
  if (status === 202) return { kind: 'accepted', answer: '202' };
  const answer = `${status} ${problemType(body)}`;
  const retry = retryMs === undefined ? {} : { retryAfterMs: retryMs };
  if (status >= 500) return { kind: 'unanswered', answer, ...retry };
  return { kind: 'refused', answer, status, ...retry };
}

function problemType(body: string): string {
  try {
    const problem = JSON.parse(body) as { type?: unknown };
    return typeof problem.type === 'string' ? problem.type : 'unknown';
  } catch {
    return 'unknown';
  }
}

function retryAfterMs(header: string | string[] | undefined): number | undefined {
  const seconds = Number(Array.isArray(header) ? header[0] : header);
  return Number.isFinite(seconds) ? seconds * 1_000 : undefined;
}
