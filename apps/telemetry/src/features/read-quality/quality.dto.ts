import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import { type QualityMeasure, maxQualityRangeDays, qualityMeasures } from '../../domain/quality-measures.js';
import { WholeNumber } from '../../http/query-transforms.js';
import { TimeRangeQuery } from '../../http/time-range.query.js';

const count = { type: 'integer', minimum: 0 } as const;
const share = { type: 'number', minimum: 0, maximum: 1 } as const;
const descriptions = {
  late: 'Received later after their ts than the profile allows.',
  duplicates: 'Copies that came beside the stored measurements.',
  conflicts: 'Values that readers do not see: another measurement of the same ts names the metric.',
  outOfRange: 'Measurements with a value outside of the range that the profile states.',
  delay: 'Receive time minus ts; negative when the clock of the device is ahead.',
};

/** At most so many days lie between `from` and `to`. */
export const rangeNote = `At most ${maxQualityRangeDays} days; hours belong to it by their start.`;

export class FleetQualityQuery extends TimeRangeQuery {
  @ApiPropertyOptional({ enum: qualityMeasures, default: 'lateShare', description: 'The greatest comes first.' })
  @IsOptional()
  @IsIn(qualityMeasures)
  measure?: QualityMeasure;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 1_000, default: 100, description: 'Devices per page.' })
  @IsOptional()
  @WholeNumber()
  @IsInt()
  @Min(1)
  @Max(1_000)
  limit?: number;

  @ApiPropertyOptional({ description: '`nextCursor` of the page before; with the same parameters otherwise.' })
  @IsOptional()
  @IsString()
  cursor?: string;
}

export class HourlyDelay {
  @ApiProperty({ type: 'integer' })
  min!: number;

  @ApiProperty()
  avg!: number;

  @ApiProperty({ type: 'integer' })
  max!: number;

  @ApiProperty({ type: 'integer', description: 'A measured one: at most 5 % are greater.' })
  p95!: number;
}

export class QualityHour {
  @ApiProperty({ type: 'integer', description: 'Start of the hour, milliseconds since the epoch.' })
  hour!: number;

  @ApiProperty({ type: 'integer', description: 'Grows with every change.' })
  version!: number;

  @ApiProperty({ ...count, description: 'Stored measurements; what follows is about these.' })
  count!: number;

  @ApiProperty({ description: descriptions.delay })
  delayMs!: HourlyDelay;

  @ApiProperty({ ...count, description: descriptions.late })
  late!: number;

  @ApiProperty({ ...count, description: descriptions.duplicates })
  duplicates!: number;

  @ApiProperty({ ...count, description: descriptions.conflicts })
  conflicts!: number;

  @ApiProperty({ ...count, description: descriptions.outOfRange })
  outOfRange!: number;

  @ApiPropertyOptional({
    ...count,
    description: 'Reports that the interval of the profile makes expect; absent when it was not known.',
  })
  expected?: number;

  @ApiPropertyOptional({ ...count, description: 'How many different ts are fewer than expected.' })
  missing?: number;
}

export class DeviceQualityAnswer {
  @ApiProperty()
  device!: string;

  @ApiProperty({
    type: [QualityHour],
    description:
      'Hours that are over, in order; one without measurements has no entry. An hour in which the device was registered ' +
      'anew has one per registration.',
  })
  hours!: QualityHour[];
}

export class FleetQualityEntry {
  @ApiProperty()
  device!: string;

  @ApiProperty({ ...count, description: 'Hours with measurements.' })
  hours!: number;

  @ApiProperty({ ...count, description: 'Hours without any, between the first and the last one with some.' })
  silentHours!: number;

  @ApiProperty(count)
  count!: number;

  @ApiProperty({ description: descriptions.delay })
  delayMinMs!: number;

  @ApiProperty()
  delayAvgMs!: number;

  @ApiProperty()
  delayMaxMs!: number;

  @ApiProperty({ description: 'The greatest of the hours.' })
  delayP95Ms!: number;

  @ApiProperty({ ...count, description: descriptions.late })
  late!: number;

  @ApiProperty(share)
  lateShare!: number;

  @ApiProperty({ ...count, description: descriptions.duplicates })
  duplicates!: number;

  @ApiProperty({ ...count, description: descriptions.conflicts })
  conflicts!: number;

  @ApiProperty({ ...count, description: descriptions.outOfRange })
  outOfRange!: number;

  @ApiProperty({ ...count, description: 'Of the hours with measurements; 0 when the profile was not known.' })
  expected!: number;

  @ApiProperty(count)
  missing!: number;

  @ApiProperty(share)
  missingShare!: number;
}

export class FleetQualityAnswer {
  @ApiProperty({ type: [FleetQualityEntry], description: 'Devices with measurements in the range, the worst first.' })
  devices!: FleetQualityEntry[];

  @ApiPropertyOptional({ description: 'Absent on the last page.' })
  nextCursor?: string;
}
