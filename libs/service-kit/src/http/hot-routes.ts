import type { IncomingMessage, OutgoingHttpHeaders, RequestListener, Server, ServerResponse } from 'node:http';
import proxyAddr from '@fastify/proxy-addr';
import {
  type Logger,
  endRequestSpan,
  failureContext,
  nameActiveRequest,
  sampledSpanIn,
  startHotRequest,
  traceIdOf,
} from '@myelin/observability';
import { type Context, type Span, context, trace } from '@opentelemetry/api';
import type { HttpSettings } from '../bootstrap/service-settings.js';
import type { FailedRequest, ProblemResponder } from './problem-responder.js';
import { requestIdOf } from './request-id.js';
import { type RequestMeter, type RouteMeter, clientGone } from './request-meter.js';

/**
 * A route that takes so many requests that it answers on Node's server itself: finding it, its hooks and its reply
 * cost Fastify about 10 us. It gets no parsed body, no guard and no parameters; limits and access are its own business.
 */
export interface HotRoute {
  readonly method: string;
  /** Without parameters; matched as it is written, whatever query follows. With `takes` it only names the route. */
  readonly path: string;
  /** Whether a request is this route's, where one path is not all that it answers. Asked of every request: to be quick. */
  readonly takes?: (method: string, url: string) => boolean;
  /** Which of its requests are so many that most of them have no span, where its path has parameters. */
  readonly isSampledEarly?: (method: string, url: string) => boolean;
  /** Answers now or later. What it throws is answered like any other error of the service. */
  handle(request: IncomingMessage, reply: HotReply): void;
}

export interface RequestSubject {
  readonly tenant?: string | undefined;
  readonly device?: string | undefined;
}

export interface HotRouteParts {
  readonly responder: ProblemResponder;
  readonly trustProxy: HttpSettings['trustProxy'];
  readonly state: { readonly stopping: boolean };
  readonly logger: Logger;
  readonly meter: RequestMeter;
}

/** A route with what its requests are counted in: one that takes several methods has a meter of each. */
interface MeteredRoute {
  readonly route: HotRoute;
  readonly meters: Map<string, RouteMeter>;
}

/** Puts the routes before whatever listens already: what they do not match goes on to it. */
export function leadHotRoutes(server: Server, routes: readonly HotRoute[], parts: HotRouteParts): void {
  if (routes.length === 0) return;
  const others = server.listeners('request') as RequestListener[];
  const trusts = trustOf(parts.trustProxy);
  const metered = routes.map((route): MeteredRoute => ({ route, meters: new Map() }));
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    const found = metered.find((candidate) => matches(candidate.route, request));
    if (found === undefined) {
      for (const listener of others) listener.call(server, request, response);
      return;
    }
    const { route } = found;
    const meter = meterOf(found, request.method ?? '', parts.meter);
    const reply = new HotReply(request, response, parts, trusts, route.path, meter);
    nameActiveRequest(() => route.path);
    if (parts.logger.isLevelEnabled('debug')) logAccess(route, reply, response, parts.logger);
    const sampled = startHotRequest(request, route.path, reply.startedAtMs);
    if (sampled === undefined) handle(route, request, reply);
    else context.with(reply.begin(sampled), handle, undefined, route, request, reply);
  });
}

function handle(route: HotRoute, request: IncomingMessage, reply: HotReply): void {
  try {
    route.handle(request, reply);
  } catch (error) {
    reply.fail(error);
  }
}

function meterOf({ route, meters }: MeteredRoute, method: string, meter: RequestMeter): RouteMeter {
  const known = meters.get(method);
  if (known !== undefined) return known;
  const made = meter.of(method, route.path);
  if (meters.size < 20) meters.set(method, made); // Node's parser knows a few more than anybody uses
  return made;
}

function matches({ method, path, takes }: HotRoute, { method: asked = '', url = '' }: IncomingMessage): boolean {
  if (takes !== undefined) return takes(asked, url);
  if (asked !== method || !url.startsWith(path)) return false;
  return url.length === path.length || url.charCodeAt(path.length) === 0x3f; // a query
}

type Trust = (address: string, hop: number) => boolean;

/** As Fastify takes the same setting. */
function trustOf(trustProxy: HttpSettings['trustProxy']): Trust | undefined {
  if (trustProxy === undefined || trustProxy === false) return undefined;
  if (trustProxy === true) return () => true;
  if (typeof trustProxy === 'number') return (_address, hop) => hop < trustProxy;
  const list = typeof trustProxy === 'string' ? trustProxy.split(',').map((part) => part.trim()) : [...trustProxy];
  return proxyAddr.compile(list);
}

/** The answer to one request, with the conventions of the service. */
export class HotReply {
  /** The caller's, where it is acceptable. */
  readonly requestId: string;
  /** When the request came, on the scale of `performance.now()`. */
  readonly startedAtMs = performance.now();
  /** Whom the request is about, as far as its route has found out: for the line of the access log. Ids only. */
  about: RequestSubject | undefined;
  /** Why it was refused, in the closed set of the route's refusals: for the same line. */
  reason: string | undefined;
  /** What was active then: callbacks of clients run in other contexts. */
  #began = context.active();
  #failed: Context | undefined;
  #isCounted = false;
  #isStreamed = false;

  constructor(
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly parts: HotRouteParts,
    private readonly trusts: Trust | undefined,
    private readonly route: string,
    private readonly meter: RouteMeter,
  ) {
    this.requestId = requestIdOf(request);
    parts.meter.started();
  }

  /** Of the client; a trusted proxy's word for it. */
  get address(): string {
    if (this.trusts === undefined) return this.request.socket.remoteAddress ?? '';
    return proxyAddr(this.request, this.trusts);
  }

  /** The same object for every request of a connection. */
  get connection(): object {
    return this.request.socket;
  }

  /** For an answer that is streamed; what answers on it says the request id, too. */
  get stream(): ServerResponse {
    if (!this.#isStreamed) this.response.once('close', () => this.#count(this.response.statusCode));
    this.#isStreamed = true;
    return this.response;
  }

  /** Of the request's span; undefined when it has none. */
  get traceId(): string | undefined {
    return traceIdOf(this.#began);
  }

  /**
   * Makes a span the request's own, where none was made when it came: it ends with the answer, which names its trace.
   * Returns the context in which what the request causes belongs.
   */
  adopt(span: Span): Context {
    const { response } = this;
    response.once('close', () => {
      if (response.writableFinished) endRequestSpan(span, response.statusCode);
      else endRequestSpan(span, response.statusCode, 'aborted');
    });
    return (this.#began = trace.setSpan(this.#began, span));
  }

  /** As {@link adopt}, of the span that is in a context. */
  begin(sampled: Context): Context {
    this.#began = sampled;
    const span = trace.getSpan(sampled);
    return span === undefined ? sampled : this.adopt(span);
  }

  /** Of the request, where it has one: that of the instrumentation, or one that was {@link adopt}ed. */
  get span(): Span | undefined {
    return trace.getSpan(this.#began);
  }

  /** The context in which a failure (5xx) is to be answered and logged: with a span, also outside of the sample. */
  failedIn(status: number, errorType: string): Context {
    const { startedAtMs, route, request } = this;
    const { headers, method = '' } = request;
    return (this.#failed ??= failureContext({
      began: this.#began,
      startedAtMs,
      method,
      route,
      headers,
      status,
      errorType,
    }));
  }

  /** Head and body leave in one write. `headers`: names and values by turns. A client that is gone gets nothing. */
  send(status: number, contentType: string, body: string | Uint8Array, headers: readonly string[] = []): void {
    const { response } = this;
    this.#count(response.destroyed ? clientGone : status);
    if (response.headersSent || response.destroyed) return;
    if (status >= 500) this.failedIn(status, String(status));
    const head = ['x-request-id', this.requestId, ...headers, 'content-type', contentType];
    head.push('content-length', String(Buffer.byteLength(body)));
    if (this.parts.state.stopping) head.push('connection', 'close');
    response.writeHead(status, head as unknown as OutgoingHttpHeaders);
    // Beside a text the head leaves as one piece with it, beside bytes as two.
    if (typeof body === 'string' || body.length > oneWriteBytes) response.end(body);
    else response.end(latin1Of(body), 'latin1');
  }

  /** An answer that has no body and says nothing of one, as 304. `headers`: names and values by turns. */
  sendHead(status: number, headers: readonly string[] = []): void {
    const { response } = this;
    this.#count(response.destroyed ? clientGone : status);
    if (response.headersSent || response.destroyed) return;
    const head = ['x-request-id', this.requestId, ...headers];
    if (this.parts.state.stopping) head.push('connection', 'close');
    response.writeHead(status, head as unknown as OutgoingHttpHeaders).end();
  }

  /** Any error, as the problem that the service makes of it. */
  fail(error: unknown): void {
    const { response, request, requestId } = this;
    const { url = '', method = '' } = request;
    const failedIn = this.failedIn.bind(this);
    const failed: FailedRequest = { url, method, id: requestId, failedIn };
    const head: string[] = [];
    let status = 500;
    let contentType = '';
    this.parts.responder.answer(error, failed, {
      sent: response.headersSent,
      raw: response,
      code: (code) => (status = code),
      header: (name, value) => (name === 'content-type' ? (contentType = value) : head.push(name, value)),
      send: (payload) => this.send(status, contentType, payload.toString('utf8'), head),
    });
  }

  /** Once, with what was answered first. */
  #count(status: number): void {
    if (this.#isCounted) return;
    this.#isCounted = true;
    // What is active when an answer leaves is of whoever let it leave.
    this.meter.record(status, this.startedAtMs, sampledSpanIn(this.#began) ?? null);
    this.parts.meter.ended();
  }
}

/** Up to here a copy costs less than a second piece. */
const oneWriteBytes = 1_024;

/** Every byte a character, and back again. */
function latin1Of({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('latin1');
}

function logAccess({ path: route }: HotRoute, reply: HotReply, response: ServerResponse, logger: Logger): void {
  const { method } = response.req;
  response.on('finish', () => {
    const { requestId, startedAtMs, about, reason } = reply;
    const { tenant, device } = about ?? {};
    const ms = Math.round((performance.now() - startedAtMs) * 10) / 10;
    logger.debug({ method, route, status: response.statusCode, ms, requestId, tenant, device, reason }, 'request');
  });
}
