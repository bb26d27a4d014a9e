import {
  deviceCredentialsV1,
  deviceStateV1,
  measurementReportedV1,
  profileStateV1,
  tenantStateV1,
  traceRequestStateV1,
} from '@myelin/contracts';
import { type KafkaFixture, useKafka, waitFor, keptLogger } from '@myelin/testing';
import { request } from 'undici';
import { gatewayConfig } from '../src/config.js';
import { type RunningGateway, startGateway } from '../src/start-gateway.js';
import { type RegisteredDevice, RegistryWriter } from './registry-writer.js';

export const gatewayTopics = [
  ...[measurementReportedV1, deviceStateV1, deviceCredentialsV1, profileStateV1, tenantStateV1],
  traceRequestStateV1,
];

export interface GatewayFixture extends AsyncDisposable {
  readonly kafka: KafkaFixture;
  readonly registry: RegistryWriter;
  readonly running: RunningGateway;
  dispose(): Promise<void>;
}

/** A gateway in this process, ready, on a namespace of its own with tenant `acme` and its profile `thermometer`. */
export async function useGateway(environment: Record<string, string> = {}): Promise<GatewayFixture> {
  const kafka = useKafka();
  await kafka.ensureTopics(gatewayTopics, { partitions: 3 });
  const registry = await RegistryWriter.connect(kafka.settings);
  await registry.tenant('acme');
  await registry.profile('acme', { retentionClass: 'standard' });
  const running = await startTestGateway(kafka.settings, environment);
  await untilReady(running.url);
  const dispose = async (): Promise<void> => {
    await running.close();
    await registry.close();
    await kafka.dispose();
  };
  return { kafka, registry, running, dispose, [Symbol.asyncDispose]: dispose };
}

export function environmentFor(kafka: { brokers: readonly string[]; namespace: string }): Record<string, string> {
  return {
    HTTP_PORT: '0',
    ADMIN_PORT: '0',
    KAFKA_BROKERS: kafka.brokers.join(','),
    KAFKA_NAMESPACE: kafka.namespace,
    GATEWAY_INSTANCE: 'gateway-test',
  };
}

export function startTestGateway(
  kafka: { brokers: readonly string[]; namespace: string },
  environment: Record<string, string> = {},
): Promise<RunningGateway> {
  const config = gatewayConfig({ ...environmentFor(kafka), ...environment });
  return startGateway(config, keptLogger, { handleSignals: false });
}

export async function untilReady(url: string, timeoutMs = 20_000): Promise<void> {
  const ready = async (): Promise<boolean> => {
    const response = await request(`${url}/health/ready`);
    await response.body.dump();
    return response.statusCode === 200;
  };
  await waitFor(ready, { timeoutMs, what: 'the gateway to be ready' });
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: { readonly type?: string; readonly accepted?: number; readonly [member: string]: unknown };
}

/** Waits until the gateway knows the device by its credentials, whatever it says about its state. */
export async function untilKnown(url: string, { basic }: RegisteredDevice): Promise<void> {
  const known = async (): Promise<boolean> => ![401, 503].includes((await report(url, basic, '{}')).status);
  await waitFor(known, { what: 'the gateway to know the device' });
}

/** Posts a report; `headers` are on top of the JSON content type. */
export async function report(
  url: string,
  authorization: string | undefined,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await request(`${url}/v1/telemetry`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(authorization === undefined ? {} : { authorization }),
      ...headers,
    },
    body,
  });
  const text = await response.body.text();
  return { status: response.statusCode, headers: response.headers, body: JSON.parse(text) as Answer['body'] };
}

export const problemType = (answer: Answer): string | undefined => answer.body.type?.replace('urn:myelin:problem:', '');
