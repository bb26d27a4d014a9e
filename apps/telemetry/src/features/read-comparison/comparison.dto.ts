import { metricNamePattern } from '@myelin/contracts';
import { deviceIdPattern } from '@myelin/kernel';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, IsOptional, Matches } from 'class-validator';
import type { BucketFunction } from '../../domain/order-statistics.js';
import { type BucketSize, bucketSizes } from '../../domain/time-buckets.js';
import { functionSchema, IsBucketFunction } from '../../http/bucket-functions.js';
import { BucketQuery } from '../../http/bucket.query.js';
import { Instant, Several } from '../../http/query-transforms.js';
import { IsInstant } from '../../http/time-range.query.js';

export const maxFleetDevices = 200;
export const maxPeriodDevices = 50;
/** Per period. */
export const maxComparedBuckets = 1_000;
/** Buckets of all periods times devices. */
export const maxComparedValues = 50_000;

const instant = 'Milliseconds since the epoch, or RFC 3339.';

export class ComparisonQuery extends BucketQuery {
  @ApiProperty()
  @Matches(new RegExp(metricNamePattern))
  metric!: string;

  @ApiPropertyOptional({ ...functionSchema, default: 'avg' })
  @IsOptional()
  @IsBucketFunction({ without: ['histogram'] })
  function: Exclude<BucketFunction, 'histogram'> = 'avg';

  @ApiProperty({
    type: [String],
    description: `One device to set against \`fleet\`, or up to ${maxPeriodDevices} to set against themselves in another period.`,
  })
  @Several()
  @ArrayMinSize(1)
  @ArrayMaxSize(maxPeriodDevices)
  @Matches(new RegExp(deviceIdPattern), { each: true })
  device!: string[];

  @ApiPropertyOptional({
    type: [String],
    description: `Up to ${maxFleetDevices} devices, the compared one among them or not. Either this or \`baselineFrom\`.`,
  })
  @IsOptional()
  @Several()
  @ArrayMinSize(1)
  @ArrayMaxSize(maxFleetDevices)
  @Matches(new RegExp(deviceIdPattern), { each: true })
  fleet?: string[];

  @ApiPropertyOptional({ type: String, description: `${instant} Where the period to compare with begins, inclusive.` })
  @IsOptional()
  @Instant()
  @IsInstant()
  baselineFrom?: number;

  @ApiPropertyOptional({
    type: String,
    description: `${instant} Where it ends, exclusive. Default: as long as \`from\` to \`to\` on the clocks of the time zone.`,
  })
  @IsOptional()
  @Instant()
  @IsInstant()
  baselineTo?: number;
}

export class FleetSpread {
  @ApiProperty({ type: 'integer', description: 'Devices of the fleet with a value in the bucket.' })
  devices!: number;

  @ApiPropertyOptional()
  min?: number;

  @ApiPropertyOptional()
  median?: number;

  @ApiPropertyOptional()
  max?: number;
}

/** A bucket in which the device or one of the fleet has a value. */
export class FleetComparisonItem {
  @ApiProperty({ type: 'integer', description: 'Inclusive, milliseconds since the epoch.' })
  start!: number;

  @ApiProperty({ type: 'integer', description: 'Exclusive.' })
  end!: number;

  @ApiPropertyOptional({ description: "The device's; absent without a value." })
  value?: number;

  @ApiProperty({ type: FleetSpread })
  fleet!: FleetSpread;

  @ApiPropertyOptional({ description: 'Of the value and the median of the fleet.' })
  difference?: number;

  @ApiPropertyOptional({ description: 'The value over the median of the fleet; absent when that is 0.' })
  ratio?: number;

  @ApiPropertyOptional({ type: 'integer', description: '1 is the greatest; equal values share the better rank.' })
  rank?: number;

  @ApiPropertyOptional({ description: 'Percent of the fleet that is smaller, equal ones counted half.' })
  percentile?: number;
}

/** A bucket of one device that has a value in one period or the other. */
export class PeriodComparisonItem {
  @ApiProperty()
  device!: string;

  @ApiPropertyOptional({ type: 'integer', description: 'Absent when the period has no such bucket.' })
  start?: number;

  @ApiPropertyOptional({ type: 'integer' })
  end?: number;

  @ApiPropertyOptional({ type: 'integer', description: 'Absent when the baseline has no such bucket.' })
  baselineStart?: number;

  @ApiPropertyOptional({ type: 'integer' })
  baselineEnd?: number;

  @ApiPropertyOptional()
  value?: number;

  @ApiPropertyOptional()
  baseline?: number;

  @ApiPropertyOptional()
  difference?: number;

  @ApiPropertyOptional({ description: 'The value over the baseline; absent when that is 0.' })
  ratio?: number;
}

class Comparison {
  @ApiProperty()
  metric!: string;

  @ApiProperty()
  function!: string;

  @ApiProperty({ enum: bucketSizes })
  bucket!: BucketSize;

  @ApiProperty()
  timeZone!: string;
}

export class FleetComparison extends Comparison {
  @ApiProperty({ type: [FleetComparisonItem], description: 'In order of start.' })
  items!: FleetComparisonItem[];
}

export class PeriodComparison extends Comparison {
  @ApiProperty({
    type: [PeriodComparisonItem],
    description: 'In order of the offset from the start, then of the devices as they were asked for.',
  })
  items!: PeriodComparisonItem[];
}
