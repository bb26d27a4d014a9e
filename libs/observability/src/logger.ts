import { isSpanContextValid, trace } from '@opentelemetry/api';
import { type Logger as Pino, pino } from 'pino';
import { type LogLevel, LogThreshold } from './log-threshold.js';
import { pinoPretty } from './pretty.js';
import { redact } from './redact.js';

export type { LogLevel } from './log-threshold.js';

const thresholds = new WeakMap<Logger, LogThreshold>();

/** `log.info({ device }, 'stored')` or `log.info('stored')`. An error goes under `err` or is handed over as it is. */
export interface LogMethod {
  (fields: object, message?: string): void;
  (message: string): void;
}

export interface Logger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  /** A logger that adds these fields (such as `tenant`, `device`, `group`) to every line. */
  child(bindings: Readonly<Record<string, unknown>>): Logger;
  /** True when a line of this level would be written; guards work that only a line needs. */
  isLevelEnabled(level: Exclude<LogLevel, 'silent'>): boolean;
}

export interface LoggerOptions {
  /** The name of the service, on every line. */
  readonly service: string;
  readonly level: LogLevel;
  /** Readable lines instead of JSON. Default: only when standard output is a terminal. */
  readonly pretty?: boolean;
  /** Where lines go. Default: standard output. */
  readonly destination?: { write(line: string): void };
}

/**
 * JSON lines: `time` (RFC 3339), `level`, `service`, `msg`, the fields, and `trace_id` and `span_id` while a span is
 * active. Values under keys that sound secret (authorization, password, secret, token ...) are replaced.
 */
export function createLogger(options: LoggerOptions): Logger {
  const pretty = options.pretty ?? (options.destination === undefined && process.stdout.isTTY === true);
  const settings = {
    level: 'debug', // what is written is decided by the threshold, which changes while children live
    base: { service: options.service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (fields: Record<string, unknown>) => redact(fields),
    },
    mixin: activeSpan,
    serializers: { err: serializeError, error: serializeError },
  };
  const destination = options.destination ?? pino.destination({ fd: 1, sync: true });
  return facade(pino(settings, pretty ? pinoPretty(destination) : destination), new LogThreshold(options.level));
}

/** Writes nothing. */
export const silentLogger: Logger = facade(pino({ level: 'silent' }), new LogThreshold('silent'));

/** The threshold of this logger and of all its relatives; undefined for one that was not made here. */
export function logThresholdOf(logger: Logger): LogThreshold | undefined {
  return thresholds.get(logger);
}

function facade(target: Pino, threshold: LogThreshold): Logger {
  const writing = (level: Exclude<LogLevel, 'silent'>): LogMethod => {
    const write = target[level].bind(target) as (...line: unknown[]) => void;
    return (...line: unknown[]): void => {
      if (threshold.lets(level)) write(...line);
    };
  };
  const made: Logger = {
    debug: writing('debug'),
    info: writing('info'),
    warn: writing('warn'),
    error: writing('error'),
    child: (bindings) => facade(target.child(redact(bindings)), threshold),
    isLevelEnabled: (level) => threshold.lets(level),
  };
  thresholds.set(made, threshold);
  return made;
}

function activeSpan(): Record<string, string> {
  const span = trace.getActiveSpan()?.spanContext();
  if (span === undefined || !isSpanContextValid(span)) return {};
  return { trace_id: span.traceId, span_id: span.spanId };
}

/** Message, stack and cause; further fields of the error go through the same redaction as everything else. */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { raw: _, ...fields } = pino.stdSerializers.errWithCause(error);
  return redact(fields);
}
