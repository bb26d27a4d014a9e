/** Where one Jaeger listens, all on 127.0.0.1. */
export interface JaegerPorts {
  readonly otlpHttp: number;
  readonly otlpGrpc: number;
  /** Of the clients that Jaeger had before OpenTelemetry: thrift over HTTP, path `/api/traces`. */
  readonly thriftHttp: number;
  /** UDP, thrift's compact encoding. */
  readonly thriftCompact: number;
  /** UDP, thrift's binary encoding. */
  readonly thriftBinary: number;
  /** The query API, `/api/v3`. */
  readonly query: number;
  readonly health: number;
}

/** Where everybody's Jaeger listens. */
export const usualJaegerPorts: JaegerPorts = {
  otlpHttp: 4_318,
  otlpGrpc: 4_317,
  thriftHttp: 14_268,
  thriftCompact: 6_831,
  thriftBinary: 6_832,
  query: 16_686,
  health: 13_133,
};

/** Of one run; the oldest go when there are more. */
const maxTraces = 50_000;

/** Everything in one process and in memory, without what nobody here asks: Zipkin, remote sampling, its own metrics. */
export function jaegerConfiguration(ports: JaegerPorts): object {
  const at = (port: number): object => ({ endpoint: `127.0.0.1:${port}` });
  return {
    service: {
      extensions: ['jaeger_storage', 'jaeger_query', 'healthcheckv2'],
      pipelines: {
        traces: { receivers: ['otlp', 'jaeger'], processors: ['batch'], exporters: ['jaeger_storage_exporter'] },
      },
      telemetry: { resource: { 'service.name': 'jaeger' }, metrics: { level: 'none' }, logs: { level: 'warn' } },
    },
    extensions: {
      jaeger_storage: { backends: { memory: { memory: { max_traces: maxTraces } } } },
      // gRPC queries cannot be turned off: any port.
      jaeger_query: { storage: { traces: 'memory' }, http: at(ports.query), grpc: at(0) },
      healthcheckv2: { use_v2: true, http: at(ports.health) },
    },
    receivers: {
      otlp: { protocols: { grpc: at(ports.otlpGrpc), http: at(ports.otlpHttp) } },
      jaeger: {
        protocols: {
          thrift_http: at(ports.thriftHttp),
          thrift_compact: at(ports.thriftCompact),
          thrift_binary: at(ports.thriftBinary),
        },
      },
    },
    // Who looks at a trace has just made it.
    processors: { batch: { timeout: '100ms' } },
    exporters: { jaeger_storage_exporter: { trace_storage: 'memory' } },
  };
}
