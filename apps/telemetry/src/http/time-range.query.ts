import { ApiPropertyOptional } from '@nestjs/swagger';
import { Problem } from '@myelin/service-kit';
import { IsOptional, ValidateBy } from 'class-validator';
import type { TimeRange } from '../persistence/measurement.repository.js';
import { dayMs, daysAhead, keptDays } from '../domain/retention.js';
import { Instant } from './query-transforms.js';

/** The last instant of a four-digit year. */
const latestInstantMs = 253_402_300_799_999;
const description = 'Milliseconds since the epoch, or RFC 3339.';

export function IsInstant(): PropertyDecorator {
  return ValidateBy({
    name: 'isInstant',
    validator: {
      validate: isInstant,
      defaultMessage: () =>
        '$property must be milliseconds since the epoch, or RFC 3339 with a zone (+ is written %2B), before the year 10000',
    },
  });
}

export class TimeRangeQuery {
  @ApiPropertyOptional({ type: String, description: `${description} Inclusive. Default: a day before \`to\`.` })
  @IsOptional()
  @Instant()
  @IsInstant()
  from?: number;

  @ApiPropertyOptional({
    type: String,
    description: `${description} Exclusive. Default: in ten minutes, so that fast clocks are seen.`,
  })
  @IsOptional()
  @Instant()
  @IsInstant()
  to?: number;
}

const aheadMs = 600_000;
/** Around now, with room for days that are over and not dropped yet. */
const storable = { backMs: (Math.max(...keptDays) + 31) * dayMs, aheadMs: (daysAhead + 1) * dayMs };

/** Whether a number is one that `from` and `to` may be; cursors hold such, too. */
export function isInstant(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= latestInstantMs;
}

/** How long a range is whose begin nobody gave. */
const defaultRangeMs = dayMs;

/**
 * What was asked for, without the times at which nothing can be stored: going through the buckets of thousands of years
 * takes minutes. Empty when nothing is left.
 * @param lengthMs of a range whose begin is not given
 * @throws Problem 400 range-invalid
 */
export function timeRangeOf(query: TimeRangeQuery, nowMs: number, lengthMs = defaultRangeMs): TimeRange {
  const toMs = query.to ?? nowMs + aheadMs;
  const fromMs = query.from ?? Math.max(0, toMs - lengthMs);
  if (fromMs < toMs) {
    const earliestMs = Math.max(fromMs, nowMs - storable.backMs);
    return { fromMs: earliestMs, toMs: Math.max(earliestMs, Math.min(toMs, nowMs + storable.aheadMs)) };
  }
  throw new Problem({
    status: 400,
    type: 'range-invalid',
    title: 'The time range is empty',
    errors: [{ parameter: 'from', detail: 'must be before `to`' }],
  });
}
