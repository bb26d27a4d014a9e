import { deviceIdPattern } from '@myelin/kernel';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { Several, WholeNumber } from '../../http/query-transforms.js';

const count = { type: 'integer', minimum: 0 } as const;

export class StatisticsQuery {
  @ApiPropertyOptional({
    type: [String],
    description: 'Only these devices under `devices`; may be given several times.',
  })
  @IsOptional()
  @Several()
  @ArrayMaxSize(1_000)
  @Matches(new RegExp(deviceIdPattern), { each: true })
  device?: string[];

  @ApiPropertyOptional({ type: 'integer', minimum: 0, maximum: 10_000, default: 0, description: 'Devices per page.' })
  @IsOptional()
  @WholeNumber()
  @IsInt()
  @Min(0)
  @Max(10_000)
  limit?: number;

  @ApiPropertyOptional({ description: '`nextCursor` of the page before.' })
  @IsOptional()
  @IsString()
  cursor?: string;
}

export class Counts {
  @ApiProperty({ ...count, description: 'Measurements that were kept.' })
  stored!: number;

  @ApiProperty({ ...count, description: 'Copies of kept measurements.' })
  duplicates!: number;

  @ApiProperty({ ...count, description: 'Measurements that came when their day was past its retention.' })
  expired!: number;

  @ApiProperty({
    ...count,
    description:
      'Measurements that were not stored because the profile wants them evaluated only. Copies of them cannot be ' +
      'known as such and count, too.',
  })
  evaluateOnly!: number;

  @ApiProperty({
    ...count,
    description:
      'Measurements of which every value was discarded as redundant by the deadbands and minimum intervals of the profile. ' +
      'They are no longer among the stored ones.',
  })
  filtered!: number;

  @ApiProperty({
    ...count,
    description: 'Values that were discarded so, those of measurements that kept other values included.',
  })
  filteredValues!: number;

  @ApiProperty({
    ...count,
    description: 'Kept values that readers do not see: another measurement of the same ts names the metric.',
  })
  conflicts!: number;
}

export class DeviceCounts extends Counts {
  @ApiProperty()
  device!: string;
}

export class TenantCounts extends Counts {
  @ApiProperty({ ...count, description: 'Devices that ever reported.' })
  devices!: number;
}

export class StatisticsAnswer {
  @ApiProperty()
  tenant!: TenantCounts;

  @ApiProperty({ type: [DeviceCounts], description: 'In order of device; empty unless `device` or `limit` is given.' })
  devices!: DeviceCounts[];

  @ApiPropertyOptional({ description: 'Absent on the last page.' })
  nextCursor?: string;
}
