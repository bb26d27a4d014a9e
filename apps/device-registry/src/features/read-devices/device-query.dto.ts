import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn, IsOptional, IsString } from 'class-validator';
import { DeviceView } from '../../devices/device.dto.js';
import { type Lifecycle, lifecycles } from '../../domain/lifecycle.js';
import { PageQuery } from '../../validation/page.dto.js';
import { IsSlug } from '../../validation/rules.decorators.js';

export class DeviceQuery extends PageQuery {
  @ApiPropertyOptional({
    type: [String],
    description: 'All must hold: `k=v`, `k!=v` (also without `k`), `k` (has it), `!k` (has it not).',
  })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? [value] : value))
  @IsArray()
  @ArrayMaxSize(16)
  @IsString({ each: true })
  label?: string[];

  @ApiPropertyOptional({ enum: lifecycles })
  @IsOptional()
  @IsIn(lifecycles)
  lifecycle?: Lifecycle;

  @ApiPropertyOptional()
  @IsOptional()
  @IsSlug()
  profile?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @IsSlug()
  site?: string;
}

export class DeviceList {
  @ApiProperty({ type: () => [DeviceView] })
  items!: DeviceView[];

  @ApiPropertyOptional()
  nextCursor?: string;
}
