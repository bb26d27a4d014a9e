import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Logger, withoutSpans } from '@myelin/observability';
import { Problem, problemMediaType } from '../http/problem.js';
import { toProblem } from '../http/to-problem.js';
import { adminRefusal } from './admin.errors.js';
import { type AdminAnswer, type AdminRoute, adminRoutes } from './admin-routes.js';

export interface AdminSettings {
  /** Address to listen on; other than a loopback address only where a network policy guards it: it asks for no credentials. */
  readonly host: string;
  /** 0 = the system picks one; see `RunningService.adminUrl`. */
  readonly port: number;
}

export interface AdminListener {
  /** `http://127.0.0.1:7182`, with the real port. */
  readonly url: string;
  /** Cuts what is under way, profiles among it. */
  close(): Promise<void>;
}

const maxConnections = 32;
const maxHeaderBytes = 8_192;
const headMs = 5_000;
const requestMs = 10_000;
/** Longer than the usual interval of scrapes. */
const idleMs = 65_000;

/**
 * Metrics, log level and profiles of this process, on a port of their own and Node's plain server: for whoever runs the
 * service, never for its users. Starts no spans. @throws what listening fails with, as EADDRINUSE
 */
export async function startAdminListener({ host, port }: AdminSettings, logger: Logger): Promise<AdminListener> {
  const limits = { maxHeaderSize: maxHeaderBytes, headersTimeout: headMs, requestTimeout: requestMs };
  const server = createServer({ ...limits, keepAliveTimeout: idleMs, connectionsCheckingInterval: 1_000 });
  server.maxConnections = maxConnections;
  withoutSpans(server);
  const routes = adminRoutes(logger);
  const asking = new WeakSet<Socket>();
  server.on('request', (request, response) => {
    const { socket } = request;
    // Who asks again before the last answer and reads none would have answers pile up without bound.
    if (asking.has(socket)) return void socket.destroy();
    asking.add(socket);
    response.once('close', () => asking.delete(socket));
    void answer(routes, host, request, response, logger);
  });
  server.listen({ host, port });
  await once(server, 'listening');
  const bound = (server.address() as AddressInfo).port;
  return { url: `http://${hostText(host)}:${bound}`, close: () => close(server) };
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

async function answer(
  routes: readonly AdminRoute[],
  configuredHost: string,
  request: IncomingMessage,
  response: ServerResponse,
  logger: Logger,
): Promise<void> {
  const url = URL.parse(request.url ?? '/', 'http://admin');
  try {
    assertAllowed(request, configuredHost);
    if (url === null) throw adminRefusal('not-found'); // Node's parser takes more than is a URL, as `//`
    const route = routeOf(routes, request.method ?? '', url.pathname);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    send(request, response, await route.answer({ request, query: url.searchParams, gone: gone.signal }));
  } catch (error) {
    const problem = toProblem(error, {});
    if (problem.status >= 500 && !(error instanceof Problem)) logger.error({ err: error }, 'admin request failed');
    send(request, response, answerOf(problem, url?.pathname));
  }
}

/** A page in a browser must not reach this through a name of its own that leads here (DNS rebinding), nor by a form. */
function assertAllowed({ headers, socket }: IncomingMessage, configuredHost: string): void {
  if (headers.origin !== undefined) throw adminRefusal('origin-not-allowed');
  if (!hostsOf(socket, configuredHost).includes((headers.host ?? '').toLowerCase()))
    throw adminRefusal('host-not-mine');
}

function hostsOf({ localAddress = '', localPort = 0 }: Socket, configuredHost: string): string[] {
  const address = localAddress.replace(/^::ffff:(?=\d+\.)/, '');
  const isLoopback = address === '::1' || address.startsWith('127.');
  const hosts = [address, configuredHost.toLowerCase(), ...(isLoopback ? ['localhost'] : [])];
  return hosts.flatMap((host) => [`${hostText(host)}:${localPort}`, ...(localPort === 80 ? [hostText(host)] : [])]);
}

function hostText(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function routeOf(routes: readonly AdminRoute[], method: string, path: string): AdminRoute {
  const here = routes.filter((route) => route.path === path);
  const found = here.find((route) => route.method === method);
  if (found !== undefined) return found;
  if (here.length === 0) throw adminRefusal('not-found');
  throw adminRefusal('method-not-allowed', { headers: { allow: here.map((route) => route.method).join(', ') } });
}

function answerOf(problem: Problem, path: string | undefined): AdminAnswer {
  const body = JSON.stringify(problem.document(path === undefined ? {} : { instance: path }));
  return { status: problem.status, contentType: problemMediaType, body, headers: problem.headers };
}

function send(request: IncomingMessage, response: ServerResponse, answer: AdminAnswer): void {
  if (response.destroyed || response.headersSent) return;
  const { status = 200, contentType, body, headers = {} } = answer;
  const length = Buffer.byteLength(body);
  const always = { 'content-type': contentType, 'content-length': length, 'cache-control': 'no-store' };
  const hasBody = request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined;
  // What of a body was not read is not waited for.
  const closing = hasBody && !request.readableEnded ? { connection: 'close' } : {};
  response.writeHead(status, { ...always, 'x-content-type-options': 'nosniff', ...closing, ...headers }).end(body);
}
