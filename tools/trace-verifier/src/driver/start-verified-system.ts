import { randomBytes } from 'node:crypto';
import type { Progress } from '@myelin/local-stack';
import { type ServiceName, type System, startSystem } from '@myelin/main-job';
import { Webhook } from './webhook.js';

export const tenant = 'traced';

const services: readonly ServiceName[] = [
  ...(['device-registry', 'ingest-gateway', 'telemetry', 'alerting', 'firmware-rollout'] as const),
];

/** The system, and what receives its notifications. */
export interface VerifiedSystem {
  readonly system: System;
  readonly webhook: Webhook;
  /** What no span may tell; grows with what the driver sends. */
  readonly secrets: Set<string>;
  stop(): Promise<void>;
}

export interface Exporting {
  /** OTLP over HTTP. */
  readonly url: string;
  readonly protocol: 'http/json' | 'http/protobuf';
}

/**
 * Every service as a process, with the preload. Nothing is sampled by itself, so that whatever is seen of a request is seen because
 * its context was handed on.
 */
export async function startVerifiedSystem(
  { url, protocol }: Exporting,
  progress: Progress,
  signal?: AbortSignal,
): Promise<VerifiedSystem> {
  const webhook = await Webhook.listen();
  const everywhere = {
    ...{ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_PROTOCOL: protocol, OTEL_BSP_SCHEDULE_DELAY: '200' },
    ...{ TRACE_SAMPLE_RATIO: '0', KAFKA_SESSION_TIMEOUT: '6s' },
  };
  const signingKey = randomBytes(32).toString('base64');
  const secrets = new Set([signingKey, webhook.secret]);
  const own: Partial<Record<ServiceName, Record<string, string>>> = {
    alerting: {
      WEBHOOK_SIGNING_KEYS: `${tenant}/main=whsec_${signingKey}`,
      NOTIFICATION_ALLOWED_ADDRESSES: '127.0.0.1/32',
    },
    'firmware-rollout': { ENGINE_INTERVAL: '100ms' },
  };
  try {
    const system = await startSystem({
      ...{ freePorts: true, env: process.env, progress },
      ...(signal === undefined ? {} : { signal }),
      onUnexpectedExit: (service, how) => progress(`${service} ended (${how}), and is started again`),
      serviceEnv: Object.fromEntries(services.map((name) => [name, { ...everywhere, ...own[name] }])),
    });
    const stop = async (): Promise<void> => {
      await system.stop();
      await webhook.close();
    };
    return { system, webhook, secrets, stop };
  } catch (error) {
    await webhook.close();
    throw error;
  }
}
