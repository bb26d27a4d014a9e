import { type ProfileRecord, statedPolicies } from '../../domain/records.js';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import {
  type Metrics,
  type RetentionClass,
  type StoragePolicy,
  type UnknownMetricRule,
  maxLatenessMs,
  maxMinimumIntervalMs,
  retentionClasses,
  storagePolicies,
  unknownMetricRules,
  valueKinds,
} from '../../domain/profile.js';
import { FreeMember } from '../../validation/free-member.decorator.js';
import { IsMetadata, IsMetrics } from '../../validation/rules.decorators.js';

const metricSchema = {
  type: 'object',
  required: ['kind'],
  additionalProperties: false,
  properties: {
    kind: { type: 'string', enum: [...valueKinds] },
    unit: { type: 'string', maxLength: 32, description: 'UCUM code where one exists, e.g. Cel' },
    minimum: { type: 'number', description: 'values below are stored and flagged' },
    maximum: { type: 'number', description: 'values above are stored and flagged' },
    deadband: {
      type: 'number',
      // OpenAPI 3.1 wants the limit itself; the library's type is that of 3.0.
      exclusiveMinimum: 0 as unknown as boolean,
      description:
        'only for numbers: a value that differs by at most this from the last kept one of its hour (UTC) is discarded ' +
        'once the hour is decided',
    },
    minimumIntervalMs: {
      type: 'integer',
      minimum: 1,
      maximum: maxMinimumIntervalMs,
      description:
        'a value sooner than this after the last kept one, in device time, is discarded once its hour is decided; of ' +
        'both filters, each discards for itself',
    },
  },
};

export class ProfileBody {
  @ApiProperty({ type: 'integer', minimum: 1_000, maximum: 31_536_000_000 })
  @IsInt()
  @Min(1_000)
  @Max(31_536_000_000)
  expectedReportIntervalMs!: number;

  @ApiProperty({ type: 'object', additionalProperties: metricSchema })
  @FreeMember()
  @IsMetrics()
  metrics!: Metrics;

  @ApiProperty({ enum: unknownMetricRules })
  @IsIn(unknownMetricRules)
  unknownMetrics!: UnknownMetricRule;

  @ApiProperty({ enum: retentionClasses, description: '7 days, 90 days, 5 years' })
  @IsIn(retentionClasses)
  retentionClass!: RetentionClass;

  @ApiPropertyOptional({
    enum: storagePolicies,
    default: 'raw',
    description:
      'raw: kept as the retention class says. summary: 30 days, its rollups of hours and days 5 years. ' +
      'evaluate-only: never stored, other services read it from the topic.',
  })
  @IsOptional()
  @IsIn(storagePolicies)
  storage?: StoragePolicy;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: maxLatenessMs,
    default: 60_000,
    description: 'A measurement that is received later than this after its ts counts as late.',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(maxLatenessMs)
  lateAfterMs?: number;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: maxLatenessMs,
    default: 3_600_000,
    description:
      'How long deadbands and minimum intervals wait for late measurements behind the end of an hour, by the time of ' +
      'receiving. What is received later is kept as it is.',
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(maxLatenessMs)
  latenessMs?: number;

  @ApiProperty({ description: 'A device becomes active with its first credential.' })
  @IsBoolean()
  autoActivate!: boolean;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true, description: 'At most 8 KiB as JSON' })
  @IsOptional()
  @FreeMember()
  @IsMetadata()
  metadata?: Record<string, unknown>;
}

export class ProfileView extends ProfileBody {
  @ApiProperty()
  profile!: string;

  @ApiProperty({ type: 'integer' })
  version!: number;

  @ApiProperty({ format: 'date-time' })
  updatedAt!: string;
}

export class ProfileList {
  @ApiProperty({ type: () => [ProfileView] })
  items!: ProfileView[];

  @ApiPropertyOptional()
  nextCursor?: string;
}

export function profileView(row: ProfileRecord): ProfileView {
  const { profile, expectedReportIntervalMs, metrics, unknownMetrics, retentionClass, autoActivate } = row;
  const { metadata, version } = row;
  const updatedAt = row.updatedAt.toISOString();
  const rules = { expectedReportIntervalMs, metrics, unknownMetrics, retentionClass, autoActivate };
  return { profile, ...rules, ...statedPolicies(row), metadata, version, updatedAt };
}
