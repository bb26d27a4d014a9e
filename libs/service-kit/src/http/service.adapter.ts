import type { Socket } from 'node:net';
import { isDeviceId } from '@myelin/kernel';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { type Logger, activeSampledSpan, activeTraceId, nameActiveRequest } from '@myelin/observability';
import type { HttpSettings } from '../bootstrap/service-settings.js';
import { knownOperator } from '../auth/operator.js';
import { type HotRoute, leadHotRoutes } from './hot-routes.js';
import { jsonParser } from './json-parser.js';
import { limitPipelining } from './limit-pipelining.js';
import { Problem, problemMediaType } from './problem.js';
import { type AnswerTarget, type FailedRequest, type ProblemResponder, pathOf } from './problem-responder.js';
import { noteRoute, watchRoutes } from './raw-routes.js';
import { requestIdOf } from './request-id.js';
import { RequestMeter, clientGone } from './request-meter.js';

const defaultBodyLimitBytes = 1_048_576;
/** Device ids take up to 128 characters, three bytes each when percent-encoded; Fastify's default is 100. */
const maxParamLength = 512;
/** Node looks for requests over their time this often; its default would let them have 30 s more. */
const timeoutResolutionMs = 1_000;

/** How long a client has to read why its connection ends, in milliseconds. */
const refusalReadMs = 1_000;

/** What the adapter asks at each answer. */
export interface Stopping {
  readonly stopping: boolean;
}

/** Nest on Fastify with our limits, problem documents from every layer, request ids and an access log. */
export class ServiceAdapter extends FastifyAdapter {
  constructor(
    settings: HttpSettings,
    private readonly responder: ProblemResponder,
    logger: Logger,
    state: Stopping,
    hotRoutes: readonly HotRoute[],
  ) {
    super({
      skipMiddie: true,
      trustProxy: settings.trustProxy === undefined ? false : (settings.trustProxy as boolean | string | string[]),
      bodyLimit: settings.bodyLimitBytes ?? defaultBodyLimitBytes,
      requestTimeout: settings.requestTimeoutMs ?? 30_000,
      keepAliveTimeout: settings.keepAliveTimeoutMs ?? 65_000,
      http: { connectionsCheckingInterval: timeoutResolutionMs },
      forceCloseConnections: 'idle',
      return503OnClosing: false, // a request that made it onto an open connection is served
      logger: false,
      genReqId: requestIdOf,
      routerOptions: { maxParamLength },
      frameworkErrors: (error: unknown, request: FailedRequest, reply: object) =>
        responder.answer(error, request, reply as AnswerTarget),
      clientErrorHandler: (error: NodeJS.ErrnoException, socket: Socket) => refuseMalformed(error, socket),
    });
    this.instance.server.headersTimeout = settings.headersTimeoutMs ?? 10_000;
    this.instance.removeContentTypeParser('text/plain'); // a body is JSON unless a route says otherwise
    this.instance.addContentTypeParser('application/json', { parseAs: 'buffer' }, jsonParser(this.instance));
    watchRoutes(this.instance);
    for (const { method, path } of hotRoutes) noteRoute(this.instance, { method, path, isPublic: false });
    const meter = new RequestMeter();
    const parts = { responder, trustProxy: settings.trustProxy, state, logger, meter };
    leadHotRoutes(this.instance.server, hotRoutes, parts);
    limitPipelining(this.instance.server);
    this.#measure(meter);
    this.instance.addHook('onRequest', (request, reply, done) => {
      reply.raw.setHeader('x-request-id', request.id);
      nameActiveRequest(() => request.routeOptions.url);
      done();
    });
    this.instance.addHook('onSend', (_request, reply, payload, done) => {
      if (state.stopping) reply.header('connection', 'close');
      done(null, payload);
    });
    this.#logAccess(logger);
  }

  /** Nest would turn Fastify's errors into messages without their codes. */
  override setErrorHandler(): ReturnType<FastifyAdapter['setErrorHandler']> {
    return this.instance.setErrorHandler((error, request, reply) => this.responder.answer(error, request, reply));
  }

  override setNotFoundHandler(): ReturnType<FastifyAdapter['setNotFoundHandler']> {
    return this.instance.setNotFoundHandler((request, reply) => this.responder.notFound(request, reply, this.instance));
  }

  #measure(meter: RequestMeter): void {
    this.instance.addHook('onRequest', (request, reply, done) => {
      const startedAtMs = performance.now();
      const span = activeSampledSpan();
      meter.started();
      reply.raw.once('close', () => {
        meter.ended();
        const status = reply.raw.headersSent ? reply.raw.statusCode : clientGone;
        meter.of(request.method, request.routeOptions.url).record(status, startedAtMs, span);
      });
      done();
    });
    this.instance.addHook('onClose', (_instance, done) => {
      meter.close();
      done();
    });
  }

  #logAccess(logger: Logger): void {
    this.instance.addHook('onResponse', (request, reply, done) => {
      if (!logger.isLevelEnabled('debug')) return done();
      const { method, id, routeOptions } = request;
      const route = routeOptions.url ?? pathOf(request);
      const ms = Math.round(reply.elapsedTime * 10) / 10;
      const { tenant } = knownOperator(request) ?? {};
      const device = deviceOf(request.params);
      logger.debug({ method, route, status: reply.statusCode, ms, requestId: id, tenant, device }, 'request');
      done();
    });
  }
}

/** That a path names, as far as it can be one: what else stands in a path is nothing for a log. */
function deviceOf(params: unknown): string | undefined {
  const { device } = (params ?? {}) as { readonly device?: unknown };
  return typeof device === 'string' && isDeviceId(device) ? device : undefined;
}

/** What is not HTTP gets a problem document and no request: there is nothing to route. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = clientProblem(error.code);
  const body = JSON.stringify(problem.document({ traceId: activeTraceId() }));
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    `Content-Type: ${problemMediaType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  // Whoever does not read it, and does not go either, would keep the connection for ever.
  setTimeout(() => socket.destroy(), refusalReadMs).unref();
}

function clientProblem(code: string | undefined): Problem {
  if (code === 'HPE_HEADER_OVERFLOW') return new Problem({ status: 431, type: 'request-header-fields-too-large' });
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new Problem({ status: 408, type: 'request-timeout' });
  return new Problem({ status: 400, type: 'malformed-request' });
}
