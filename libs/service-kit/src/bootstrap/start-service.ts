import type { RunningService, ServiceSettings } from './service-settings.js';

/** Starts a service: Nest on Fastify, consumers, health, operator authentication, graceful stop. */
export async function startService(_settings: ServiceSettings): Promise<RunningService> {
  throw new Error('not yet');
}
