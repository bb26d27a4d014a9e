import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { sampleEarly, sampleEarlyIf, shutdownObservability, verifyInstrumentation } from '@myelin/observability';
import { type AdminListener, type AdminSettings, startAdminListener } from '../admin/admin-listener.js';
import { Readiness } from '../health/readiness.js';
import type { HotRoute } from '../http/hot-routes.js';
import { createApplication } from './create-application.js';
import type { RunningService, ServiceSettings, TransportStrategy } from './service-settings.js';
import { endOnSignals } from './signals.js';
import { type StopStep, runStopSequence } from './stop-sequence.js';

/**
 * Starts a service: Nest on Fastify, consumers, health, operator authentication. Resolves when it is ready to work;
 * the listener is open (and readiness 503) while consumers start. @throws what a part of it could not be started with
 */
export async function startService(settings: ServiceSettings): Promise<RunningService> {
  const { logger, http } = settings;
  reportInstrumentation(settings);
  const readiness = new Readiness(logger);
  const admin = settings.admin === undefined ? undefined : await openAdmin(settings, settings.admin);
  const app = await createApplication(settings, readiness).catch(async (error: unknown) => {
    await settings.afterClose?.();
    await admin?.close();
    throw error;
  });
  const transport = typeof settings.transport === 'function' ? settings.transport(app) : settings.transport;
  const close = closer(settings, app, { transport, admin }, readiness);
  if (settings.handleSignals ?? true) endOnSignals(close, logger);
  try {
    readiness.checks = settings.health(app);
    if (transport !== undefined) app.connectMicroservice({ strategy: transport }, { inheritAppConfig: false });
    await app.listen({ host: http.host, port: http.port });
    sampleHotRoutesEarly(settings.hotRoutes ?? []);
    if (transport !== undefined) await app.startAllMicroservices();
  } catch (error) {
    await close();
    throw error;
  }
  const url = await app.getUrl();
  if (readiness.phase === 'starting') {
    readiness.phase = 'running'; // unless a signal came in meanwhile: the stop wins
    logger.info({ version: settings.version, url, adminUrl: admin?.url }, `${settings.name} has started`);
  }
  return { url, app, close, ...(admin !== undefined && { adminUrl: admin.url }) };
}

/** Before everything else: a start that hangs is to be looked into, too. */
async function openAdmin({ logger, afterClose }: ServiceSettings, admin: AdminSettings): Promise<AdminListener> {
  try {
    return await startAdminListener(admin, logger);
  } catch (error) {
    await afterClose?.();
    throw error;
  }
}

function closer(
  settings: ServiceSettings,
  app: NestFastifyApplication,
  {
    transport,
    admin,
  }: { readonly transport: TransportStrategy | undefined; readonly admin: AdminListener | undefined },
  readiness: Readiness,
): () => Promise<number> {
  let closed: Promise<number> | undefined;
  const closeTransport = transport === undefined ? undefined : closeOnce(transport);
  const steps: StopStep[] = [
    { name: 'readiness', share: 1, run: () => delay(Math.min(settings.readinessDelayMs ?? 0, settings.drainMs / 2)) },
    { name: 'http', share: 0.5, run: (remainingMs) => drainHttp(app, remainingMs) },
    { name: 'transport', share: 0.8, run: async (remainingMs) => closeTransport?.(remainingMs) },
    { name: 'application', share: 0.8, run: () => app.close() },
    { name: 'afterClose', share: 0.8, run: async () => settings.afterClose?.() },
    { name: 'admin', share: 0.8, run: async () => admin?.close() },
    { name: 'telemetry', share: 1, run: (remainingMs) => shutdownObservability(remainingMs) },
  ];
  return () => {
    readiness.phase = 'stopping';
    closed ??= runStopSequence(steps, settings.drainMs, settings.logger);
    return closed;
  };
}

/** Stops listening and lets requests that are under way finish; after `limitMs` their connections are cut. */
async function drainHttp(app: NestFastifyApplication, limitMs: number): Promise<void> {
  const server = app.getHttpServer();
  let cut = false;
  const timer = setTimeout(() => {
    cut = true;
    server.closeAllConnections();
  }, limitMs * 0.9);
  try {
    await app.getHttpAdapter().close();
  } finally {
    clearTimeout(timer);
  }
  if (cut) throw new Error('requests under way were cut off');
}

/** Nest closes transports again when the application closes: only the first call counts. */
function closeOnce(transport: TransportStrategy): (remainingMs: number) => Promise<void> {
  const close = transport.close.bind(transport) as (remainingMs?: number) => unknown;
  let closed: Promise<void> | undefined;
  const once = async (remainingMs?: number): Promise<void> => {
    closed ??= Promise.resolve(close(remainingMs)).then(() => undefined);
    return closed;
  };
  transport.close = once;
  return once;
}

/** A hot route with parameters has no fixed path to be known by, and says itself which of its requests are so many. */
function sampleHotRoutesEarly(hotRoutes: readonly HotRoute[]): void {
  for (const { method, path, takes, isSampledEarly } of hotRoutes) {
    if (isSampledEarly !== undefined) sampleEarlyIf(isSampledEarly);
    else if (takes === undefined) sampleEarly(method, path);
  }
}

/** The preload refuses to start half-patched; a service started without it runs, but never silently. */
function reportInstrumentation({ logger }: ServiceSettings): void {
  const { ok, missing } = verifyInstrumentation();
  if (!ok) logger.error({ missing }, 'not instrumented: start with --import @myelin/observability/register');
}

function delay(ms: number): Promise<void> {
  return ms <= 0 ? Promise.resolve() : new Promise((resolve) => void setTimeout(resolve, ms));
}
