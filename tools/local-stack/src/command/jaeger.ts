import { setTimeout as delay } from 'node:timers/promises';
import { ensureJaeger } from '../jaeger/jaeger-build.js';
import { type Jaeger, startJaeger } from '../jaeger/start-jaeger.js';
import { untilTold } from './until-told.js';

/** Builds Jaeger if need be and runs it until it is told to stop. @returns 0 after Ctrl-C, 1 when Jaeger has died */
export async function jaeger(ports: 'free' | 'fixed', print: (line: string) => void): Promise<number> {
  await ensureJaeger(print); // Ctrl-C ends a build at once
  const told = untilTold(print);
  const server = await startJaeger({ ports, log: print });
  try {
    if (!told.aborted) {
      for (const line of jaegerLines(server)) print(line);
      print('ready; Ctrl-C stops');
    }
    while (!told.aborted && server.pid !== undefined) {
      await delay(500, undefined, { signal: told }).catch(() => undefined);
    }
    if (told.aborted) return 0;
    print(`Jaeger has ended by itself; its log was\n${server.logTail()}`);
    return 1;
  } finally {
    await server.stop();
    print('stopped, nothing is left behind');
  }
}

/** Where it takes spans, and how to ask for traces. */
export function jaegerLines({ otlpUrl, otlpGrpcUrl, thriftUrl, queryUrl, ports }: Jaeger): string[] {
  const lastHour = "query.start_time_min=$(date -u -d '-1 hour' +%FT%TZ)&query.start_time_max=$(date -u +%FT%TZ)";
  return [
    `OTEL_EXPORTER_OTLP_ENDPOINT=${otlpUrl}`,
    `OTLP over gRPC: ${otlpGrpcUrl}`,
    `clients of Jaeger's own: ${thriftUrl}, or UDP ${ports.thriftCompact} and ${ports.thriftBinary}`,
    `services that have sent spans: curl -s ${queryUrl}/api/v3/services`,
    `traces of the last hour: curl -s "${queryUrl}/api/v3/traces?query.service_name=ingest-gateway&${lastHour}"`,
    `one trace: curl -s ${queryUrl}/api/v3/traces/<trace id>`,
  ];
}
