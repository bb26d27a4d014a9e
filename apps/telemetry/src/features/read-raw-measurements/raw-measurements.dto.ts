import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import { valuesSchema } from '../../http/measured-value.schema.js';
import { WholeNumber } from '../../http/query-transforms.js';
import { TimeRangeQuery } from '../../http/time-range.query.js';

export const maxRawItems = 10_000;

export class RawMeasurementsQuery extends TimeRangeQuery {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: maxRawItems,
    description: 'Default: 1,000 for JSON; no limit for NDJSON and CSV.',
  })
  @IsOptional()
  @WholeNumber()
  @IsInt()
  @Min(1)
  @Max(maxRawItems)
  limit?: number;

  @ApiPropertyOptional({ description: '`nextCursor` of the page before.' })
  @IsOptional()
  @IsString()
  cursor?: string;
}

/** A measurement as it is stored, losers of a conflict included. */
export class RawMeasurement {
  @ApiProperty({ type: 'integer', description: 'Milliseconds since the epoch.' })
  ts!: number;

  @ApiProperty({ type: 'integer', description: 'When the first copy was received, milliseconds since the epoch.' })
  receivedAt!: number;

  @ApiPropertyOptional()
  boot?: string;

  @ApiPropertyOptional({ type: 'integer' })
  seq?: number;

  @ApiProperty({ description: 'Over boot, seq and values as they were reported; 32 hexadecimal digits.' })
  fingerprint!: string;

  @ApiProperty({ type: 'integer', description: 'Further copies that arrived of it.' })
  duplicates!: number;

  @ApiProperty({ type: 'integer', description: 'The index of the registration under which it arrived.' })
  deviceIndex!: number;

  @ApiProperty({ enum: ['short', 'standard', 'long', 'summary'] })
  retentionClass!: string;

  @ApiProperty({
    type: [String],
    description: 'Metrics whose value was outside of the range in the profile; also those that a filter discarded.',
  })
  outOfRange!: readonly string[];

  @ApiProperty(valuesSchema)
  values!: Readonly<Record<string, unknown>>;
}

export class RawMeasurementsAnswer {
  @ApiProperty()
  device!: string;

  @ApiProperty({ type: [RawMeasurement], description: 'In order of ts.' })
  items!: RawMeasurement[];

  @ApiPropertyOptional({ description: 'Absent on the last page.' })
  nextCursor?: string;
}
