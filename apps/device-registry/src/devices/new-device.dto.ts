import { deviceIdPattern } from '@myelin/kernel';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, Matches } from 'class-validator';
import { FreeMember } from '../validation/free-member.decorator.js';
import { IsLabels, IsMetadata, IsSlug } from '../validation/rules.decorators.js';

/** Creation of one device; also the shape of a line of an import. */
export class NewDeviceBody {
  @ApiProperty({ pattern: deviceIdPattern })
  @Matches(new RegExp(deviceIdPattern))
  device!: string;

  @ApiProperty()
  @IsSlug()
  profile!: string;

  @ApiPropertyOptional()
  @IsOptional()
  @IsSlug()
  site?: string;

  @ApiPropertyOptional({ type: 'object', additionalProperties: { type: 'string', maxLength: 128 }, maxProperties: 64 })
  @IsOptional()
  @FreeMember()
  @IsLabels()
  labels?: Record<string, string>;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true, description: 'At most 8 KiB as JSON' })
  @IsOptional()
  @FreeMember()
  @IsMetadata()
  metadata?: Record<string, unknown>;
}
