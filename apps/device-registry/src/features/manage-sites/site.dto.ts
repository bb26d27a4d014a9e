import type { SiteRecord } from '../../domain/records.js';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsNumber, IsOptional, Max, Min, ValidateNested } from 'class-validator';
import { FreeMember } from '../../validation/free-member.decorator.js';
import { IsMetadata, IsTimeZoneName } from '../../validation/rules.decorators.js';

export class SitePosition {
  @ApiProperty({ minimum: -90, maximum: 90, description: 'WGS 84 degrees' })
  @IsNumber({ allowNaN: false, allowInfinity: false })
  @Min(-90)
  @Max(90)
  lat!: number;

  @ApiProperty({ minimum: -180, maximum: 180, description: 'WGS 84 degrees' })
  @IsNumber({ allowNaN: false, allowInfinity: false })
  @Min(-180)
  @Max(180)
  lon!: number;
}

export class SiteBody {
  @ApiProperty({ description: 'IANA name', example: 'Europe/Berlin' })
  @IsTimeZoneName()
  timeZone!: string;

  @ApiPropertyOptional({ type: () => SitePosition })
  @IsOptional()
  @ValidateNested()
  @Type(() => SitePosition)
  position?: SitePosition;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true, description: 'At most 8 KiB as JSON' })
  @IsOptional()
  @FreeMember()
  @IsMetadata()
  metadata?: Record<string, unknown>;
}

export class SiteView extends SiteBody {
  @ApiProperty()
  site!: string;

  @ApiProperty({ type: 'integer' })
  version!: number;

  @ApiProperty({ format: 'date-time' })
  updatedAt!: string;
}

export class SiteList {
  @ApiProperty({ type: () => [SiteView] })
  items!: SiteView[];

  @ApiPropertyOptional()
  nextCursor?: string;
}

export function siteView(row: SiteRecord): SiteView {
  const { site, timeZone, metadata, version, lat, lon } = row;
  const position = lat === null || lon === null ? {} : { position: { lat, lon } };
  return { site, timeZone, ...position, metadata, version, updatedAt: row.updatedAt.toISOString() };
}
