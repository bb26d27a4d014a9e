import { type Logger, createLogger } from '@myelin/observability';
import { type RunningService, type ServiceSettings, startService } from '../src/index.js';
import { SampleModule } from './sample.module.js';

export type Line = Record<string, unknown> & { readonly msg?: string };

/** A logger whose lines a test can look at. */
export function recordedLogger(level: 'debug' | 'info' = 'info'): { readonly logger: Logger; readonly lines: Line[] } {
  const lines: Line[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line) as Line);
  return { logger: createLogger({ service: 'sample', level, destination: { write } }), lines };
}

/** The sample service on a port of its own, stopped by the caller. */
export function startSample(overrides: Partial<ServiceSettings> = {}): Promise<RunningService> {
  return startService({
    name: 'sample',
    version: '1.2.3',
    module: SampleModule,
    http: { host: '127.0.0.1', port: 0 },
    logger: recordedLogger().logger,
    health: () => [],
    drainMs: 5_000,
    handleSignals: false,
    ...overrides,
  });
}
