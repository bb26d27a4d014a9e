import { metricNamePattern } from '@myelin/contracts';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { Several, WholeNumber } from '../../http/query-transforms.js';
import { TimeRangeQuery } from '../../http/time-range.query.js';
import { valuesSchema } from '../../http/measured-value.schema.js';

export const maxPageItems = 10_000;

export class MeasurementsQuery extends TimeRangeQuery {
  @ApiPropertyOptional({ type: [String], description: 'Only these metrics; may be given several times. Default: all.' })
  @IsOptional()
  @Several()
  @ArrayMaxSize(256)
  @Matches(new RegExp(metricNamePattern), { each: true })
  metric?: string[];

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: maxPageItems,
    description: 'Default: 1,000 for JSON; no limit for NDJSON and CSV.',
  })
  @IsOptional()
  @WholeNumber()
  @IsInt()
  @Min(1)
  @Max(maxPageItems)
  limit?: number;

  @ApiPropertyOptional({ description: '`nextCursor` of the page before.' })
  @IsOptional()
  @IsString()
  cursor?: string;
}

export class MeasurementPoint {
  @ApiProperty({ type: 'integer', description: 'Milliseconds since the epoch.' })
  ts!: number;

  @ApiProperty(valuesSchema)
  values!: Record<string, unknown>;
}

export class MeasurementsAnswer {
  @ApiProperty()
  device!: string;

  @ApiProperty({ type: [MeasurementPoint], description: 'In order of ts; one per ts, whatever was reported for it.' })
  items!: MeasurementPoint[];

  @ApiPropertyOptional({ description: 'Absent on the last page.' })
  nextCursor?: string;
}
