import { type SpanContext, TraceFlags, isSpanContextValid } from '@opentelemetry/api';

/** The header of Jaeger's own clients: `{trace}:{span}:{parent}:{flags}`, hex without leading zeros. */
export const uberTraceIdHeader = 'uber-trace-id';

/** The parent has no use here; old clients write 0 for none. */
const form = /^([0-9a-f]{1,32}):([0-9a-f]{1,16}):[0-9a-f]{0,16}:([0-9a-f]{1,2})$/i;
const encodedColon = /%3a/gi;
/** Four fields at their longest, colons percent-encoded. */
const maxLength = 32 + 16 + 16 + 2 + 3 * 3;
const sampledOrDebug = 0b11;

/**
 * The parent that the header names, its trace id widened to 128 bits; undefined where a value is none or an id is zero.
 * Percent-encoded colons are read too. Never throws.
 */
export function parseUberTraceId(text: string): SpanContext | undefined {
  if (text.length > maxLength) return undefined;
  const found = form.exec(text.includes('%') ? text.replace(encodedColon, ':') : text);
  if (found === null) return undefined;
  const [, trace = '', span = '', flags = ''] = found;
  const sampled = (Number.parseInt(flags, 16) & sampledOrDebug) !== 0;
  const parent = {
    traceId: trace.toLowerCase().padStart(32, '0'),
    spanId: span.toLowerCase().padStart(16, '0'),
    traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
  };
  return isSpanContextValid(parent) ? parent : undefined;
}

/** A trace id of 64 bits leaves as it came, for clients that know no longer ones. The parent is 0: nobody reads it. */
export function formatUberTraceId({ traceId, spanId, traceFlags }: SpanContext): string {
  return `${traceId.replace(/^0{16}/, '')}:${spanId}:0:${traceFlags & TraceFlags.SAMPLED}`;
}
