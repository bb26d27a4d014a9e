import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { OperatorGuard } from '../auth/operator.guard.js';
import { TokenVerifier } from '../auth/token-verifier.js';
import { checkAccess } from '../auth/check-access.js';
import { addHealthRoutes } from '../health/health.routes.js';
import type { Readiness } from '../health/readiness.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { ProblemResponder } from '../http/problem-responder.js';
import { ServiceAdapter } from '../http/service.adapter.js';
import { ProblemValidationPipe } from '../http/validation.pipe.js';
import { buildOpenApi } from '../openapi/open-api.js';
import { nestLogger } from './nest-logger.js';
import type { ServiceSettings } from './service-settings.js';

/** The application with all conventions and all routes, initialised and not yet listening. */
export async function createApplication(
  settings: ServiceSettings,
  readiness: Readiness,
): Promise<NestFastifyApplication> {
  const { logger, operatorAuth } = settings;
  const verifier = operatorAuth === undefined ? undefined : new TokenVerifier(operatorAuth);
  const responder = new ProblemResponder(logger, settings.problems ?? {});
  const adapter = new ServiceAdapter(settings.http, responder, logger, readiness, settings.hotRoutes ?? []);
  const app = await NestFactory.create<NestFastifyApplication>(settings.module, adapter, {
    logger: nestLogger(logger),
    abortOnError: false,
    bodyParser: false, // Fastify's own: it refuses prototype poisoning and has the codes that problems are made from
  });
  try {
    app.useGlobalGuards(new OperatorGuard(verifier));
    app.useGlobalPipes(new ProblemValidationPipe());
    app.useGlobalFilters(new ProblemFilter(responder));
    checkAccess(app, verifier !== undefined);
    addHealthRoutes(app, readiness);
    if (settings.openApi !== undefined) addOpenApiRoute(app, { ...settings.openApi, version: settings.version });
    await app.init();
    await settings.beforeListen?.(app);
    return app;
  } catch (error) {
    await app.close().catch(() => undefined);
    throw error;
  }
}

function addOpenApiRoute(app: NestFastifyApplication, info: Parameters<typeof buildOpenApi>[1]): void {
  const instance = app.getHttpAdapter().getInstance();
  let document: object | undefined;
  instance.get('/openapi.json', { config: { access: 'public' } }, (_request, reply) =>
    reply.send((document ??= buildOpenApi(app, info))),
  );
}
