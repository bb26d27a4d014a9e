import type { DeviceRecord } from '../domain/records.js';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { type Lifecycle, lifecycles } from '../domain/lifecycle.js';

/** A device as every route shows it. */
export class DeviceView {
  @ApiProperty()
  device!: string;

  @ApiProperty({ type: 'integer', minimum: 0, maximum: 4_294_967_295, description: 'Dense, never handed out twice.' })
  index!: number;

  @ApiProperty()
  profile!: string;

  @ApiPropertyOptional()
  site?: string;

  @ApiProperty({ description: 'IANA name: of the site, else of the tenant' })
  timeZone!: string;

  @ApiProperty({ enum: lifecycles })
  lifecycle!: Lifecycle;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  labels!: Record<string, string>;

  @ApiProperty({ type: 'object', additionalProperties: true })
  metadata!: Record<string, unknown>;

  @ApiProperty({ type: 'integer' })
  version!: number;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ format: 'date-time' })
  updatedAt!: string;
}

export function deviceView(row: DeviceRecord, timeZone: string): DeviceView {
  const { device, index, profile, site, lifecycle, labels, metadata, version } = row;
  return {
    ...{ device, index, profile, ...(site === null ? {} : { site }), timeZone },
    ...{ lifecycle, labels, metadata, version },
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
