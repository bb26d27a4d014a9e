import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Readiness } from './readiness.js';

/**
 * GET /health/startup: 503 until the start is complete. GET /health/live: the event loop turns, nothing else is asked.
 * GET /health/ready: it should get requests; 503 when not.
 */
export function addHealthRoutes(app: NestFastifyApplication, readiness: Readiness): void {
  const instance = app.getHttpAdapter().getInstance();
  const options = { config: { access: 'public' } };
  instance.get('/health/startup', options, async (_request, reply) => {
    const report = await readiness.startup();
    return reply
      .code(report.status === 'started' ? 200 : 503)
      .header('cache-control', 'no-store')
      .send(report);
  });
  instance.get('/health/live', options, (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ status: 'live' }),
  );
  instance.get('/health/ready', options, async (_request, reply) => {
    const report = await readiness.report();
    return reply
      .code(report.status === 'ready' ? 200 : 503)
      .header('cache-control', 'no-store')
      .send(report);
  });
}
