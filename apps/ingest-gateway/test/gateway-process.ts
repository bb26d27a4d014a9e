import { freePort, type SpawnedService, spawnService } from '@myelin/testing';
import { environmentFor } from './gateway-fixture.js';

export interface GatewayProcess {
  readonly url: string;
  readonly port: number;
}

export async function gatewayAddress(): Promise<GatewayProcess> {
  const port = await freePort();
  return { port, url: `http://127.0.0.1:${port}` };
}

/** A gateway as it runs in production, ready. Needs the build. */
export function startGatewayProcess(
  kafka: { brokers: readonly string[]; namespace: string },
  { port, url }: GatewayProcess,
  further: Readonly<Record<string, string>> = {},
): Promise<SpawnedService> {
  const environment = { ...environmentFor(kafka), ...further, HTTP_PORT: String(port) };
  return spawnService('apps/ingest-gateway/dist/main.js', environment, { readyUrl: `${url}/health/ready` });
}
