import { Pool } from 'undici';
import { SimulatorError } from './simulator.errors.js';

export interface OperatorResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
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

  async request(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    options: { readonly body?: unknown; readonly text?: string; readonly headers?: Record<string, string> } = {},
  ): Promise<OperatorResponse> {
    const body = options.text ?? (options.body === undefined ? null : JSON.stringify(options.body));
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
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    options?: Parameters<OperatorClient['request']>[2],
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
