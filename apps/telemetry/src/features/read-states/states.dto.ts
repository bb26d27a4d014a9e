import { Flag } from '@myelin/service-kit';
import { metricNamePattern } from '@myelin/contracts';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { WholeNumber } from '../../http/query-transforms.js';
import { TimeRangeQuery } from '../../http/time-range.query.js';

export const maxRuns = 10_000;
export const lookBackDays = 31;

export class StatesQuery extends TimeRangeQuery {
  @ApiProperty({ description: 'A metric whose values are numbers, booleans or texts; other kinds are no states.' })
  @Matches(new RegExp(metricNamePattern))
  metric!: string;

  @ApiPropertyOptional({ type: Boolean, default: false, description: 'Totals per state instead of the single runs.' })
  @IsOptional()
  @Flag()
  @IsBoolean()
  summary: boolean = false;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: maxRuns,
    description: 'Default: 1,000 for JSON; no limit for NDJSON.',
  })
  @IsOptional()
  @WholeNumber()
  @IsInt()
  @Min(1)
  @Max(maxRuns)
  limit?: number;

  @ApiPropertyOptional({ description: '`nextCursor` of the page before.' })
  @IsOptional()
  @IsString()
  cursor?: string;
}

const stateSchema = { oneOf: [{ type: 'number' }, { type: 'boolean' }, { type: 'string' }] };

/** A time during which the metric had one value, in event time. */
export class StateItem {
  @ApiProperty(stateSchema)
  value!: number | boolean | string;

  @ApiProperty({
    type: 'integer',
    description: 'Inclusive, milliseconds since the epoch; `from` for a state that is carried in.',
  })
  start!: number;

  @ApiProperty({
    type: 'integer',
    description: 'Exclusive. Of an open state: the end of the range, or now if that is earlier.',
  })
  end!: number;

  @ApiProperty({ type: 'integer', description: 'Milliseconds.' })
  duration!: number;

  @ApiPropertyOptional({ description: 'True when nothing in the range ended the state.' })
  open?: true;

  @ApiPropertyOptional({
    description: `True when the state held before \`from\` already: its last value there, at most ${lookBackDays} days back, and not past rows of class \`summary\` that are gone.`,
  })
  carriedIn?: true;
}

export class StateTotalItem {
  @ApiProperty(stateSchema)
  value!: number | boolean | string;

  @ApiProperty({ type: 'integer', description: 'Milliseconds within the range.' })
  duration!: number;

  @ApiProperty({ type: 'integer', description: 'How often the state began within the range.' })
  entered!: number;
}

export class StatesAnswer {
  @ApiProperty()
  device!: string;

  @ApiProperty()
  metric!: string;

  @ApiProperty({ type: [StateItem], description: 'In order of start; each begins where the one before ends.' })
  items!: StateItem[];

  @ApiPropertyOptional({ description: 'Absent on the last page.' })
  nextCursor?: string;

  @ApiPropertyOptional({ description: 'Why there may be nothing to show, when nothing is shown.' })
  hint?: string;
}

export class StatesSummary {
  @ApiProperty()
  device!: string;

  @ApiProperty()
  metric!: string;

  @ApiProperty({ type: [StateTotalItem], description: 'The longest first.' })
  totals!: StateTotalItem[];

  @ApiProperty({ type: 'integer', description: 'Milliseconds of the range, up to now, before any state is known.' })
  unknown!: number;

  @ApiPropertyOptional({ description: 'Why there may be nothing to show, when nothing is shown.' })
  hint?: string;
}
