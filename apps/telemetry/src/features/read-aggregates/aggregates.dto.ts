import { metricNamePattern } from '@myelin/contracts';
import { deviceIdPattern } from '@myelin/kernel';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  ValidateBy,
} from 'class-validator';
import {
  type AggregateFunction,
  aggregateFunctions,
  defaultAggregateFunctions,
} from '../../domain/aggregate-functions.js';
import { type BucketSize, bucketSizes } from '../../domain/time-buckets.js';
import { isTimeZone } from '../../domain/time-zone.js';
import { Several, WholeNumber } from '../../http/query-transforms.js';
import { TimeRangeQuery } from '../../http/time-range.query.js';

export const maxAggregateItems = 10_000;

export class AggregatesQuery extends TimeRangeQuery {
  @ApiProperty({
    type: [String],
    description: 'Up to 50 devices; give the parameter several times or separate by commas.',
  })
  @Several()
  @ArrayMinSize(1)
  @ArrayMaxSize(50)
  @Matches(new RegExp(deviceIdPattern), { each: true })
  device!: string[];

  @ApiProperty({
    type: [String],
    description: 'Up to 20 metrics; give the parameter several times or separate by commas.',
  })
  @Several()
  @ArrayMinSize(1)
  @ArrayMaxSize(20)
  @Matches(new RegExp(metricNamePattern), { each: true })
  metric!: string[];

  @ApiPropertyOptional({ enum: bucketSizes, default: '1h' })
  @IsOptional()
  @IsIn(bucketSizes)
  bucket: BucketSize = '1h';

  @ApiPropertyOptional({
    default: 'UTC',
    description:
      'IANA name. Buckets begin at round local times; over a clock change those up to an hour keep their length, longer ones follow the wall clock.',
  })
  @IsOptional()
  @ValidateBy({
    name: 'isTimeZone',
    validator: {
      validate: (value) => typeof value === 'string' && value.length <= 64 && isTimeZone(value),
      defaultMessage: () => 'timeZone must be an IANA time zone',
    },
  })
  timeZone: string = 'UTC';

  @ApiPropertyOptional({ enum: aggregateFunctions, isArray: true, default: defaultAggregateFunctions })
  @IsOptional()
  @Several()
  @ArrayMinSize(1)
  @IsIn(aggregateFunctions, { each: true })
  functions: AggregateFunction[] = [...defaultAggregateFunctions];

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: maxAggregateItems,
    description: 'Default: 1,000 for JSON; no limit for NDJSON.',
  })
  @IsOptional()
  @WholeNumber()
  @IsInt()
  @Min(1)
  @Max(maxAggregateItems)
  limit?: number;

  @ApiPropertyOptional({ description: '`nextCursor` of the page before.' })
  @IsOptional()
  @IsString()
  cursor?: string;
}

/** One bucket of one metric of one device. Buckets without a value are left out. */
export class AggregateItem {
  @ApiProperty()
  device!: string;

  @ApiProperty()
  metric!: string;

  @ApiProperty({ type: 'integer', description: 'Inclusive, milliseconds since the epoch.' })
  start!: number;

  @ApiProperty({ type: 'integer', description: 'Exclusive, milliseconds since the epoch.' })
  end!: number;

  @ApiPropertyOptional()
  min?: number;

  @ApiPropertyOptional()
  max?: number;

  @ApiPropertyOptional()
  avg?: number;

  @ApiPropertyOptional()
  sum?: number;

  @ApiPropertyOptional({ type: 'integer' })
  count?: number;

  @ApiPropertyOptional({ description: 'The value with the earliest ts.' })
  first?: number;

  @ApiPropertyOptional({ description: 'The value with the latest ts.' })
  last?: number;

  @ApiPropertyOptional({ description: 'Standard deviation of a sample; absent below two values.' })
  stddev?: number;

  @ApiPropertyOptional({
    description:
      'Each value holds until the next one: weighted so, from the first ts to the last. Of one ts its value.',
  })
  timeWeightedAvg?: number;

  @ApiPropertyOptional({
    description: 'Of a counter, from the first value to the last; a value smaller than the one before counts as it is.',
  })
  increase?: number;

  @ApiPropertyOptional({ description: '`increase` per second; absent below two ts.' })
  rate?: number;

  @ApiPropertyOptional({ type: 'integer', description: 'How often a value was smaller than the one before.' })
  resets?: number;

  @ApiPropertyOptional({ description: 'Least squares, per second; absent below two ts.' })
  slope?: number;
}

export class AggregatesAnswer {
  @ApiProperty({ enum: bucketSizes })
  bucket!: BucketSize;

  @ApiProperty()
  timeZone!: string;

  @ApiProperty({
    type: [AggregateItem],
    description: 'In order of start, then device and metric as they were asked for.',
  })
  items!: AggregateItem[];

  @ApiPropertyOptional({ description: 'Absent on the last page.' })
  nextCursor?: string;
}
