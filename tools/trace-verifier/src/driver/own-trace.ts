import { randomBytes } from 'node:crypto';
import type { DrivenRequest } from '../expectations/check-journey.js';

/** A trace that begins with the driver, and is sampled. */
export function beginTrace(): DrivenRequest {
  return { traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex') };
}

export function traceparentOf({ traceId, spanId }: DrivenRequest): string {
  return `00-${traceId}-${spanId}-01`;
}
