import type { Logger } from '@myelin/observability';
import { type RunningService, startService } from '@myelin/service-kit';
import type { FastifyInstance } from 'fastify';
import { AppModule } from './app.module.js';
import type { GatewayConfig } from './config.js';
import { reportTelemetryRoute } from './features/report-telemetry/report-telemetry.route.js';
import { Gateway } from './gateway.js';
import { gatewayOpenApi } from './open-api.js';
import { version } from './version.js';

export interface RunningGateway extends RunningService {
  readonly gateway: Gateway;
}

/** Listens before Kafka is there: devices are then told to come again. */
export async function startGateway(
  config: GatewayConfig,
  logger: Logger,
  options: { readonly handleSignals?: boolean } = {},
): Promise<RunningGateway> {
  const gateway = new Gateway(config, logger);
  gateway.start();
  const service = await startService({
    name: 'ingest-gateway',
    version,
    module: AppModule,
    http: { host: config.httpHost, port: config.httpPort, trustProxy: config.trustProxy },
    admin: { host: config.adminHost, port: config.adminPort },
    logger,
    health: () => gateway.healthChecks(),
    drainMs: config.drainMs,
    hotRoutes: [reportTelemetryRoute(gateway.routes)],
    beforeListen: (app) => {
      const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
      const document = JSON.stringify(gatewayOpenApi(version));
      fastify.get('/openapi.json', { config: { access: 'public' } }, (_request, reply) =>
        reply.type('application/json').send(document),
      );
    },
    afterClose: () => gateway.close(config.drainMs / 5),
    ...(options.handleSignals === undefined ? {} : { handleSignals: options.handleSignals }),
  });
  return Object.assign(service, { gateway });
}
