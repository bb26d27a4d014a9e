import { maxArraySamples, metricNamePattern } from '@myelin/contracts';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMinSize, IsIn, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { type WindowFunction, windowFunctions } from '../../domain/window-statistics.js';
import { Several, WholeNumber } from '../../http/query-transforms.js';
import { TimeRangeQuery } from '../../http/time-range.query.js';

export const maxWindows = 10_000;

export class WindowsQuery extends TimeRangeQuery {
  @ApiProperty({ description: 'A metric whose values are arrays of samples; other kinds are left out.' })
  @Matches(new RegExp(metricNamePattern))
  metric!: string;

  @ApiPropertyOptional({ enum: windowFunctions, isArray: true, description: 'Default: all.' })
  @IsOptional()
  @Several()
  @ArrayMinSize(1)
  @IsIn(windowFunctions, { each: true })
  functions: WindowFunction[] = [...windowFunctions];

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: maxWindows,
    description: 'Default: 1,000 for JSON; no limit for NDJSON.',
  })
  @IsOptional()
  @WholeNumber()
  @IsInt()
  @Min(1)
  @Max(maxWindows)
  limit?: number;

  @ApiPropertyOptional({ description: '`nextCursor` of the page before.' })
  @IsOptional()
  @IsString()
  cursor?: string;
}

/** One measured array. */
export class WindowItem {
  @ApiProperty({ type: 'integer', description: 'Milliseconds since the epoch.' })
  ts!: number;

  @ApiProperty({ type: 'integer', minimum: 1, maximum: maxArraySamples })
  samples!: number;

  @ApiPropertyOptional({ description: 'Root mean square.' })
  rms?: number;

  @ApiPropertyOptional({ description: 'The greatest magnitude.' })
  peak?: number;

  @ApiPropertyOptional({ description: 'Peak over root mean square; absent for a window of zeros.' })
  crestFactor?: number;

  @ApiPropertyOptional()
  mean?: number;
}

export class WindowsAnswer {
  @ApiProperty()
  device!: string;

  @ApiProperty()
  metric!: string;

  @ApiProperty({ type: [WindowItem], description: 'In order of ts.' })
  items!: WindowItem[];

  @ApiPropertyOptional({ description: 'Absent on the last page.' })
  nextCursor?: string;

  @ApiPropertyOptional({ description: 'Why there may be nothing to show, when nothing is shown.' })
  hint?: string;
}
