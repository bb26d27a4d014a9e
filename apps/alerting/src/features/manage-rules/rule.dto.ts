import { Flag, decodeCursor, pageQuery } from '@myelin/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsOptional } from 'class-validator';
import { slug } from '../../domain/rules/parse-rule.js';
import type { RuleRecord } from '../../domain/rules/rule-record.js';
import { type Severity, severities } from '../../domain/rules/rule.js';
import { RuleDefinitionSchema } from '../../http/rule-definition.schema.js';

export const defaultPageSize = 50;
/** A rule may take 64 KiB. */
const maxPageSize = 100;

export class RuleQuery extends pageQuery({ maximum: maxPageSize, default: defaultPageSize }) {
  @ApiPropertyOptional({ enum: severities })
  @IsOptional()
  @IsIn(severities)
  severity?: Severity;

  @ApiPropertyOptional({ type: 'boolean' })
  @IsOptional()
  @Flag()
  @IsBoolean()
  enabled?: boolean;
}

const isRuleId = (position: unknown): position is string => typeof position === 'string' && slug.test(position);

/** The id behind which the page begins; '' for the first page. */
export function positionOf({ cursor }: RuleQuery): string {
  return cursor === undefined ? '' : decodeCursor(cursor, isRuleId);
}

export class RuleView extends RuleDefinitionSchema {
  @ApiProperty()
  rule!: string;

  @ApiProperty({
    type: 'integer',
    description: 'also the ETag; strictly grows, also when the rule was removed in between',
  })
  version!: number;

  @ApiProperty({ format: 'date-time' })
  updatedAt!: string;

  @ApiProperty({ description: '`operator:<subject>`' })
  updatedBy!: string;
}

export class RuleList {
  @ApiProperty({ type: [RuleView] })
  items!: RuleView[];

  @ApiPropertyOptional()
  nextCursor?: string;
}

export function ruleView({ rule, definition, version, updatedAt, updatedBy }: RuleRecord): RuleView {
  return { rule, ...definition, version, updatedAt: updatedAt.toISOString(), updatedBy };
}
