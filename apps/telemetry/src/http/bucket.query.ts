import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, ValidateBy } from 'class-validator';
import { type BucketSize, bucketSizes } from '../domain/time-buckets.js';
import { isTimeZone } from '@myelin/kernel';
import { TimeRangeQuery } from './time-range.query.js';

/** A time range cut into buckets. */
export class BucketQuery extends TimeRangeQuery {
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
}
