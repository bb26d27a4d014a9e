import type { AuditRecord } from '../../domain/records.js';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { PageQuery } from '../../validation/page.dto.js';
import { IsPlainText } from '../../validation/rules.decorators.js';

export class AuditQuery extends PageQuery {
  @ApiPropertyOptional({ example: 'operator:alice' })
  @IsOptional()
  @IsPlainText(1, 256)
  actor?: string;

  @ApiPropertyOptional({ example: 'device.transition' })
  @IsOptional()
  @IsPlainText(1, 64)
  action?: string;

  @ApiPropertyOptional({ example: 'sensor-17' })
  @IsOptional()
  @IsPlainText(1, 256)
  entity?: string;
}

export class AuditEntry {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ format: 'date-time' })
  at!: string;

  @ApiProperty()
  actor!: string;

  @ApiProperty({ description: '`<entity>.<verb>`' })
  action!: string;

  @ApiProperty()
  entity!: string;

  @ApiPropertyOptional()
  reason?: string;
}

export class AuditList {
  @ApiProperty({ type: () => [AuditEntry] })
  items!: AuditEntry[];

  @ApiPropertyOptional()
  nextCursor?: string;
}

export function auditEntry({ id, at, actor, action, entity, reason }: AuditRecord): AuditEntry {
  return { id, at: at.toISOString(), actor, action, entity, ...(reason === null ? {} : { reason }) };
}
