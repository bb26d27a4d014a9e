import { Pool } from 'undici';
import { SimulatorError } from './simulator.errors.js';

export interface OperatorResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export type OperatorMethod = 'GET' | 'POST' | 'PUT' | 'PATCH';

/** At most one of `body`, written as JSON, `text` and `bytes`. */
export interface OperatorRequest {
  readonly body?: unknown;
  readonly text?: string;
  readonly bytes?: Uint8Array;
  readonly headers?: Record<string, string>;
}

/** A fresh operator token; asked for before every request, so that long runs outlive one token. */
export type TokenSource = () => Promise<string>;

/** Requests to a service's public API as an operator. */
export class OperatorClient {
  readonly #pool: Pool;

  constructor(
    url: string,
    private readonly token: TokenSource,
  ) {
    this.#pool = new Pool(url, { connections: 8 });
  }

  async request(method: OperatorMethod, path: string, options: OperatorRequest = {}): Promise<OperatorResponse> {
    const written = options.text ?? options.bytes;
    const body = written ?? (options.body === undefined ? null : JSON.stringify(options.body));
    const response = await this.#pool.request({
      method,
      path,
      headers: {
        authorization: `Bearer ${await this.token()}`,
        ...(body === null ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      body,
    });
    return { status: response.statusCode, headers: response.headers, text: await response.body.text() };
  }

  /** @throws SimulatorError with the problem's text when the status is not one of `expected` */
  async expect(
    expected: readonly number[],
    method: OperatorMethod,
    path: string,
    options?: OperatorRequest,
  ): Promise<OperatorResponse> {
    const response = await this.request(method, path, options);
    if (expected.includes(response.status)) return response;
    const code = method === 'GET' ? 'simulator.query-failed' : 'simulator.registration-failed';
    throw SimulatorError.permanent(
      code,
      `${method} ${path} answered ${response.status}: ${response.text.slice(0, 500)}`,
    );
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}
