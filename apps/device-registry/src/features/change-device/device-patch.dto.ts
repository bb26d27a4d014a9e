import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, ValidateIf } from 'class-validator';
import { FreeMember } from '../../validation/free-member.decorator.js';
import { IsLabelPatch, IsObjectOrNull, IsSlug } from '../../validation/rules.decorators.js';

const given = (_body: object, value: unknown): boolean => value !== undefined;

/** RFC 7396: members that are absent stay, null removes. */
export class DevicePatch {
  @ApiPropertyOptional({ type: 'object', additionalProperties: { type: ['string', 'null'] } as never })
  @ValidateIf(given)
  @FreeMember()
  @IsLabelPatch()
  labels?: Record<string, string | null> | null;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true })
  @ValidateIf(given)
  @FreeMember()
  @IsObjectOrNull()
  metadata?: Record<string, unknown> | null;

  @ApiPropertyOptional({ type: String, nullable: true })
  @IsOptional()
  @IsSlug()
  site?: string | null;

  @ApiPropertyOptional()
  @ValidateIf(given)
  @IsSlug()
  profile?: string;
}
