import { decodeCursor, pageQuery, isUuid } from '@myelin/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { matcherLimits } from '../../domain/notifying/label-matchers.js';
import {
  type Silence,
  type SilenceState,
  type StoredSilence,
  readSilence,
  silenceLimits,
  silenceStates,
  stateOf,
} from '../../domain/notifying/silences.js';
import { refused } from '../../http/refused.js';

export const defaultPageSize = 100;

export class SilenceQuery extends pageQuery({ maximum: 1_000, default: defaultPageSize }) {
  @ApiPropertyOptional({ enum: silenceStates })
  @IsOptional()
  @IsIn(silenceStates)
  state?: SilenceState;
}

class MatcherSchema {
  @ApiProperty()
  name!: string;

  @ApiProperty({ enum: ['=', '!=', '=~', '!~'] })
  operator!: string;

  @ApiProperty({ description: 'an expression (RE2) of the whole value after `=~` and `!~`' })
  value!: string;
}

/** Words about what `readSilence` reads; that decides. */
export class SilenceSchema {
  @ApiProperty({
    ...{ type: () => [MatcherSchema], maxItems: matcherLimits.count },
    description: 'all must match; one of them must not match an empty value',
  })
  matchers!: readonly MatcherSchema[];

  @ApiPropertyOptional({ format: 'date-time', description: 'now by default' })
  startsAt!: string;

  @ApiProperty({ format: 'date-time', description: 'at most 366 days after its start' })
  endsAt!: string;

  @ApiProperty({ minLength: 1, maxLength: silenceLimits.commentLength })
  comment!: string;
}

export class SilenceView extends SilenceSchema {
  @ApiProperty({ format: 'uuid' })
  silence!: string;

  @ApiProperty({ enum: silenceStates })
  state!: SilenceState;

  @ApiProperty({ description: '`operator:<subject>`' })
  createdBy!: string;
}

export class SilenceList {
  @ApiProperty({ type: () => [SilenceView], description: 'The latest first' })
  items!: SilenceView[];

  @ApiPropertyOptional()
  nextCursor?: string;
}

/** @throws Problem 400 validation-failed with all faults, each at its place */
export function silenceDefinition(body: unknown, id: string, createdBy: string, nowMs: number): Silence {
  const read = readSilence(body, id, createdBy, nowMs);
  if (read.ok) return read.value;
  throw refused(read.problems);
}

/** The id that the page begins behind. @throws Problem 400 cursor-invalid */
export function positionOf({ cursor }: SilenceQuery): string | undefined {
  return cursor === undefined ? undefined : decodeCursor(cursor, isUuid);
}

export function silenceView(silence: StoredSilence, nowMs: number): SilenceView {
  const { id, matchers, startsAtMs, endsAtMs, createdBy, comment } = silence;
  return {
    ...{ silence: id, matchers: matchers.map(({ name, operator, value }) => ({ name, operator, value })) },
    ...{ startsAt: new Date(startsAtMs).toISOString(), endsAt: new Date(endsAtMs).toISOString() },
    ...{ comment, state: stateOf(silence, nowMs), createdBy },
  };
}
