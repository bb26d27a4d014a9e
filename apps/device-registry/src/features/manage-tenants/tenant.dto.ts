import type { TenantRecord } from '../../domain/records.js';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsDefined, IsInt, IsNumber, Matches, Max, Min, ValidateNested } from 'class-validator';
import { tenantIdPattern } from '@myelin/kernel';
import { IsPlainText, IsTimeZoneName } from '../../validation/rules.decorators.js';

export class TenantLimits {
  @ApiProperty({ type: 'integer', minimum: 0, maximum: 2_147_483_647 })
  @IsInt()
  @Min(0)
  @Max(2_147_483_647)
  maxDevices!: number;

  @ApiProperty({ description: 'Sustained; a burst of twice as much is let through.', minimum: 0.001, maximum: 1e9 })
  @IsNumber({ allowNaN: false, allowInfinity: false })
  @Min(0.001)
  @Max(1e9)
  messagesPerSecond!: number;

  @ApiProperty({ minimum: 0.001, maximum: 1e9 })
  @IsNumber({ allowNaN: false, allowInfinity: false })
  @Min(0.001)
  @Max(1e9)
  messagesPerSecondPerDevice!: number;
}

export class TenantBody {
  @ApiProperty({ minLength: 1, maxLength: 128 })
  @IsPlainText(1, 128)
  displayName!: string;

  @ApiProperty({ description: 'IANA name', example: 'Europe/Berlin' })
  @IsTimeZoneName()
  timeZone!: string;

  @ApiProperty({ type: () => TenantLimits })
  @IsDefined()
  @ValidateNested()
  @Type(() => TenantLimits)
  limits!: TenantLimits;
}

export class NewTenantBody extends TenantBody {
  @ApiProperty({ pattern: tenantIdPattern })
  @Matches(new RegExp(tenantIdPattern))
  tenant!: string;
}

export class TenantView extends NewTenantBody {
  @ApiProperty({ type: 'integer' })
  version!: number;

  @ApiProperty({ format: 'date-time' })
  updatedAt!: string;
}

export class TenantList {
  @ApiProperty({ type: () => [TenantView] })
  items!: TenantView[];

  @ApiPropertyOptional()
  nextCursor?: string;
}

export function tenantView(row: TenantRecord): TenantView {
  const { tenant, displayName, timeZone, version, maxDevices, messagesPerSecond, messagesPerSecondPerDevice } = row;
  const limits = { maxDevices, messagesPerSecond, messagesPerSecondPerDevice };
  return { tenant, displayName, timeZone, limits, version, updatedAt: row.updatedAt.toISOString() };
}
