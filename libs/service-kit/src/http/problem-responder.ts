import type { FastifyRequest } from 'fastify';
import { CodedError, describeError } from '@myelin/kernel';
import { type Logger, RareNotes, failureContext, loggedQuery, traceIdOf } from '@myelin/observability';
import { type Context, context } from '@opentelemetry/api';
import { knownOperator } from '../auth/operator.js';
import { Problem, problemMediaType } from './problem.js';
import { methodsAt } from './raw-routes.js';
import { type ProblemMappings, toProblem } from './to-problem.js';

/** What of Fastify's request is needed here; platform-fastify has its own copy of Fastify's types. */
export type FailedRequest = Pick<FastifyRequest, 'url' | 'method' | 'id'> & Traceable;

/** What a span needs that is written only because the request failed; absent where another one stands for it. */
interface Traceable {
  readonly headers?: FastifyRequest['headers'];
  readonly routeOptions?: { readonly url?: string | undefined };
  /** Where its answer belongs, when that was decided before. */
  readonly failedIn?: (status: number, errorType: string) => Context;
}

export interface AnswerTarget {
  readonly sent: boolean;
  /** Milliseconds since the request came. */
  readonly elapsedTime?: number;
  readonly raw: { readonly headersSent: boolean; destroy(): unknown };
  code(status: number): unknown;
  header(name: string, value: string): unknown;
  send(payload: Buffer): unknown;
}

/** The one place where a failed request is answered, whatever layer it failed in. */
export class ProblemResponder {
  readonly #outages = new RareNotes();

  constructor(
    private readonly logger: Logger,
    private readonly mappings: ProblemMappings,
  ) {}

  /** Answers with application/problem+json; ends the connection when the answer has begun already. */
  answer(error: unknown, request: FailedRequest, reply: AnswerTarget): void {
    const problem = toProblem(error, this.mappings);
    const within = contextOf(problem, error, request, reply);
    context.with(within, () => this.#log(problem, error, request));
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    const document = problem.document({ instance: pathOf(request), traceId: traceIdOf(within) });
    reply.code(problem.status);
    for (const [name, value] of Object.entries(problem.headers)) reply.header(name, value);
    reply.header('content-type', problemMediaType);
    reply.send(Buffer.from(JSON.stringify(document))); // a string would get a charset, which the type does not have
  }

  /** For paths and methods that no route answers. */
  notFound(request: FailedRequest, reply: AnswerTarget, instance: object): void {
    const allowed = methodsAt(instance, pathOf(request));
    if (allowed.includes('GET')) allowed.push('HEAD');
    const problem =
      allowed.length === 0
        ? new Problem({ status: 404, type: 'not-found', detail: 'there is nothing at this path' })
        : new Problem({ status: 405, type: 'method-not-allowed', headers: { Allow: allowed.sort().join(', ') } });
    this.answer(problem, request, reply);
  }

  #log(problem: Problem, error: unknown, request: FailedRequest): void {
    if (problem.status < 500) return;
    const { method, id: requestId } = request;
    const { tenant, subject } = knownOperator(request) ?? {};
    const query = loggedQuery(request.url);
    const fields = { method, path: pathOf(request), ...(query !== undefined && { query }), requestId, tenant, subject };
    // An outage is no fault of this code: its stack, or a line per request, would bury what matters.
    if (problem.status === 503) {
      const due = this.#outages.due(error instanceof CodedError ? String(error.code) : problem.type);
      const outage = { ...fields, ...due, reason: describeError(error) };
      if (due !== undefined) this.logger.warn(outage, 'request refused: unavailable');
    } else this.logger.error({ ...fields, err: error }, 'request failed');
  }
}

/** A failure of this service has a span, whether or not its request was in the sample. */
function contextOf({ status, type }: Problem, error: unknown, request: FailedRequest, reply: AnswerTarget): Context {
  if (status < 500) return context.active();
  const errorType = error instanceof CodedError ? String(error.code) : type;
  if (request.failedIn !== undefined) return request.failedIn(status, errorType);
  const { method, headers = {}, routeOptions } = request;
  const startedAtMs = performance.now() - (reply.elapsedTime ?? 0);
  return failureContext({ method, route: routeOptions?.url ?? 'unknown', startedAtMs, headers, status, errorType });
}

export function pathOf(request: Pick<FastifyRequest, 'url'>): string {
  const query = request.url.indexOf('?');
  return query === -1 ? request.url : request.url.slice(0, query);
}
