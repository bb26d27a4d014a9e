import type { ServiceName, System } from '@myelin/main-job';
import type { DrivenRequest } from '../expectations/check-journey.js';
import { TraceVerifierError } from '../trace-verifier.errors.js';
import { traceparentOf } from './own-trace.js';

export interface ClientRequest {
  /** Written as JSON, unless it is bytes. */
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** The trace that it begins; without one it carries no context. */
  readonly trace?: DrivenRequest;
}

export interface ClientAnswer {
  readonly headers: Headers;
  readonly text: string;
}

const timeoutMs = 30_000;

/** Requests to the services' public APIs, as an operator of one tenant or as whoever the headers say. */
export class Client {
  constructor(
    private readonly system: System,
    readonly tenant: string,
    private readonly secrets: Set<string>,
  ) {}

  /** @throws TraceVerifierError trace-verifier.refused for any other status than 2xx */
  async request(
    service: ServiceName,
    method: string,
    path: string,
    { body, headers = {}, trace }: ClientRequest = {},
  ): Promise<ClientAnswer> {
    const authorization = headers['authorization'] ?? `Bearer ${await this.system.stack.operatorToken(this.tenant)}`;
    this.secrets.add(secretOf(authorization));
    const isBytes = body instanceof Uint8Array;
    const response = await fetch(new URL(path, this.system.url(service)), {
      method,
      headers: {
        ...(body === undefined || isBytes ? {} : { 'content-type': 'application/json' }),
        ...(trace === undefined ? {} : { traceparent: traceparentOf(trace) }),
        ...headers,
        authorization,
      },
      ...(body === undefined ? {} : { body: isBytes ? new Uint8Array(body) : JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    if (response.ok) return { headers: response.headers, text };
    const message = `${method} ${path} of ${service} was answered ${response.status}: ${text.slice(0, 500)}`;
    throw TraceVerifierError.permanent('trace-verifier.refused', message);
  }

  async json<Answer>(...request: Parameters<Client['request']>): Promise<Answer> {
    return JSON.parse((await this.request(...request)).text) as Answer;
  }
}

/** Of `<credentialId>.<secret>` and of a JSON web token: what must not be known. */
function secretOf(authorization: string): string {
  return authorization.slice(authorization.lastIndexOf('.') + 1);
}
