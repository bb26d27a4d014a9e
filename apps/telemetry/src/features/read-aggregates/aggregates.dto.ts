import { metricNamePattern } from '@myelin/contracts';
import { deviceIdPattern } from '@myelin/kernel';
import { ApiExtraModels, ApiProperty, ApiPropertyOptional, getSchemaPath } from '@nestjs/swagger';
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
  IsNumber,
} from 'class-validator';
import { defaultAggregateFunctions } from '../../domain/aggregate-functions.js';
import { type Fill, fills } from '../../domain/gap-filling.js';
import { type BucketFunction, maxBins } from '../../domain/order-statistics.js';
import { type BucketSize, bucketSizes } from '../../domain/time-buckets.js';
import { functionSchema, IsBucketFunction } from '../../http/bucket-functions.js';
import { BucketQuery } from '../../http/bucket.query.js';
import { FiniteNumber, FiniteNumbers, Several, WholeNumber } from '../../http/query-transforms.js';

export const maxAggregateItems = 10_000;
/** With `fill`: buckets times devices times metrics. */
export const maxFilledItems = 100_000;
const maxFunctions = 32;

/** How far outside of the range a bucket with values is looked for: so many buckets, and no longer than that. */
export const lookAround = { buckets: 1_440, days: 92 } as const;
const lookAroundText = `Neighbours are looked for outside of the range, too: ${lookAround.buckets.toLocaleString('en')} buckets, at most ${lookAround.days} days, and no further than what is kept tells the functions.`;

function BucketValue(description?: string): PropertyDecorator {
  const about = description === undefined ? {} : { description };
  return ApiPropertyOptional({ oneOf: [{ type: 'number' }, { type: 'null' }], ...about });
}

export class AggregatesQuery extends BucketQuery {
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

  @ApiPropertyOptional({
    type: 'array',
    items: { oneOf: [...functionSchema.oneOf, { type: 'string', enum: ['histogram'] }] },
    default: defaultAggregateFunctions,
  })
  @IsOptional()
  @Several()
  @ArrayMinSize(1)
  @ArrayMaxSize(maxFunctions)
  @IsBucketFunction({ each: true })
  functions: BucketFunction[] = [...defaultAggregateFunctions];

  @ApiPropertyOptional({
    type: [Number],
    minItems: 2,
    maxItems: maxBins + 1,
    description:
      'Edges of the bins of `histogram`, ascending. A bin holds its lower edge and not its upper one, the last bin both.',
  })
  @IsOptional()
  @FiniteNumbers()
  @ArrayMinSize(2)
  @ArrayMaxSize(maxBins + 1)
  @IsNumber({}, { each: true })
  histogramEdges?: number[];

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: maxBins,
    description:
      'Instead of edges: so many equal bins, from `histogramFrom` to `histogramTo`, or from the least to the greatest value of each bucket.',
  })
  @IsOptional()
  @WholeNumber()
  @IsInt()
  @Min(1)
  @Max(maxBins)
  histogramBins?: number;

  @ApiPropertyOptional({ type: Number })
  @IsOptional()
  @FiniteNumber()
  @IsNumber()
  histogramFrom?: number;

  @ApiPropertyOptional({ type: Number })
  @IsOptional()
  @FiniteNumber()
  @IsNumber()
  histogramTo?: number;

  @ApiPropertyOptional({
    enum: fills,
    default: 'none',
    description: `What stands for a bucket without a value: nothing (\`none\`), \`null\`, the \`previous\` bucket's values, or \`linear\` between the starts of the buckets with values around it. ${lookAroundText} Then every asked series has every bucket up to now, at most ${maxFilledItems.toLocaleString('en')} together.`,
  })
  @IsOptional()
  @IsIn(fills)
  fill: Fill = 'none';

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: maxAggregateItems,
    description: 'Default: 1,000 for JSON; no limit for NDJSON and CSV.',
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

export class HistogramValue {
  @ApiProperty({ type: [Number], description: 'Ascending, one more than there are bins.' })
  edges!: readonly number[];

  @ApiProperty({ type: [Number], description: 'Values per bin.' })
  counts!: readonly number[];

  @ApiProperty({ type: 'integer', description: 'Values below the first edge.' })
  below!: number;

  @ApiProperty({ type: 'integer', description: 'Values above the last edge.' })
  above!: number;
}

/** One bucket of one metric of one device. Buckets without a value are left out unless `fill` says otherwise. */
@ApiExtraModels(HistogramValue)
export class AggregateItem {
  @ApiProperty()
  device!: string;

  @ApiProperty()
  metric!: string;

  @ApiProperty({ type: 'integer', description: 'Inclusive, milliseconds since the epoch.' })
  start!: number;

  @ApiProperty({ type: 'integer', description: 'Exclusive, milliseconds since the epoch.' })
  end!: number;

  @ApiPropertyOptional({
    description:
      'True for a bucket without a value that `fill` made: its functions are null or estimates, its count 0.',
  })
  filled?: true;

  @BucketValue()
  min?: number | null;

  @BucketValue()
  max?: number | null;

  @BucketValue()
  avg?: number | null;

  @BucketValue()
  sum?: number | null;

  @ApiPropertyOptional({ type: 'integer' })
  count?: number;

  @BucketValue('The value with the earliest ts.')
  first?: number | null;

  @BucketValue('The value with the latest ts.')
  last?: number | null;

  @BucketValue('Standard deviation of a sample; absent below two values.')
  stddev?: number | null;

  @BucketValue('Each value holds until the next one: weighted so, from the first ts to the last. Of one ts its value.')
  timeWeightedAvg?: number | null;

  @BucketValue('Of a counter, from the first value to the last; a value smaller than the one before counts as it is.')
  increase?: number | null;

  @BucketValue('`increase` per second; absent below two ts.')
  rate?: number | null;

  @BucketValue('How often a value was smaller than the one before.')
  resets?: number | null;

  @BucketValue('Least squares, per second; absent below two ts.')
  slope?: number | null;

  @BucketValue('Half of the values are at or below it. Other percentiles (`p95`, `p99.9`) are members of their name.')
  median?: number | null;

  @ApiPropertyOptional({ oneOf: [{ $ref: getSchemaPath(HistogramValue) }, { type: 'null' }] })
  histogram?: HistogramValue | null;
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

  @ApiPropertyOptional({
    description: 'Why there may be nothing to show, when nothing is shown of one metric of one device.',
  })
  hint?: string;
}
