import {
  isJaegerBuilt,
  type Jaeger,
  LocalStackError,
  type Progress,
  startJaeger,
  usualJaegerPorts,
} from '@myelin/local-stack';
import { takesSpans } from './takes-spans.js';

/** Of requests on hot routes: with 200 devices and a report per second about ten traces per second. */
const sampleRatio = '0.05';

/** Where the services' spans go, and how to look at them. */
export interface Traces {
  /** For every service. */
  readonly env: Readonly<Record<string, string>>;
  /** Of Jaeger's query API; undefined with a collector that is somebody else's. */
  readonly queryUrl: string | undefined;
  /** Where clients of Jaeger's own report. */
  readonly thriftUrl: string | undefined;
  stop(): Promise<void>;
}

export interface TracesOptions {
  /** Free ports, and no Jaeger but one of this run's own. */
  readonly freePorts: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly progress: Progress;
}

/**
 * The collector that the environment names; else a Jaeger on the usual ports that runs already; else one of this run's own, where it
 * is built. Traces are a help and no condition: where there is none, a line says how to get them.
 */
export async function startTraces({ freePorts, env, progress }: TracesOptions): Promise<Traces | undefined> {
  const given = env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  if (given !== undefined && given !== '') return tracesAt(given, undefined, env);
  const usual = `http://127.0.0.1:${usualJaegerPorts.otlpHttp}`;
  if (!freePorts && (await takesSpans(usual))) {
    progress(`traces go to what listens at ${usual}`);
    return tracesAt(usual, usualJaegerPorts, env);
  }
  if (!isJaegerBuilt()) {
    progress('no traces: npm run jaeger builds Jaeger once (about five minutes, needs Go), then they are shown');
    return undefined;
  }
  try {
    const jaeger = await ownJaeger(freePorts);
    return { ...tracesAt(jaeger.otlpUrl, jaeger.ports, env), stop: () => jaeger.stop() };
  } catch (error) {
    if (!(error instanceof LocalStackError)) throw error;
    progress(`no traces: ${error.message}`);
    return undefined;
  }
}

async function ownJaeger(freePorts: boolean): Promise<Jaeger> {
  if (!freePorts) {
    try {
      return await startJaeger({ ports: 'fixed' });
    } catch (error) {
      if (!(error instanceof LocalStackError) || error.code !== 'local-stack.port-taken') throw error;
    }
  }
  return startJaeger();
}

function tracesAt(endpoint: string, ports: Jaeger['ports'] | undefined, env: NodeJS.ProcessEnv): Traces {
  const at = (port: number): string => `http://127.0.0.1:${port}`;
  return {
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      TRACE_SAMPLE_RATIO: env['TRACE_SAMPLE_RATIO'] ?? sampleRatio,
    },
    queryUrl: ports === undefined ? undefined : at(ports.query),
    thriftUrl: ports === undefined ? undefined : `${at(ports.thriftHttp)}/api/traces`,
    stop: () => Promise.resolve(),
  };
}
