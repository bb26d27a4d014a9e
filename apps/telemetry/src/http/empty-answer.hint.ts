import { latestValues } from '../domain/winners.js';
import { TelemetryError } from '../domain/telemetry.errors.js';
import type { DeviceScope } from '../persistence/device.repository.js';
import type { LatestRepository } from '../persistence/latest.repository.js';

export type ValueKind = 'number' | 'boolean' | 'text' | 'array' | 'position';

export function kindOf(value: unknown): ValueKind {
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number' || typeof value === 'boolean') return typeof value as 'number' | 'boolean';
  return Array.isArray(value) ? 'array' : 'position';
}

/**
 * Why there may be nothing to show of a metric: its latest value is of none of the `kinds` that are asked for, or the device
 * has none. Undefined when it is neither, or when the latest values are too large to look through.
 */
export async function emptyAnswerHint(
  latest: LatestRepository,
  scope: DeviceScope,
  asked: { readonly metric: string; readonly kinds: readonly ValueKind[]; readonly nowMs: number },
): Promise<string | undefined> {
  const { metric, kinds, nowMs } = asked;
  const rows = await latest.rows(scope, nowMs).catch(unlessTooLarge);
  if (rows === undefined) return undefined;
  const found = latestValues(rows).get(metric);
  if (found === undefined) return `the device has no value of ${metric} that is kept`;
  const kind = kindOf(found.value);
  if (kinds.includes(kind)) return undefined;
  return `the latest value of ${metric} is of kind ${kind}; what is asked for is made of ${kinds.join(', ')}`;
}

function unlessTooLarge(error: unknown): undefined {
  if (!(error instanceof TelemetryError && error.code === 'telemetry.answer-too-large')) throw error;
}
