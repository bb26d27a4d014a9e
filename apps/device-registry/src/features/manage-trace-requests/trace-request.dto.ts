import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { deviceIdPattern } from '@myelin/kernel';
import { IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import type { TraceRequestRecord } from '../../domain/records.js';
import { traceRequestLimits } from '../../domain/trace-request.js';
import { IsPlainText } from '../../validation/rules.decorators.js';

const { defaultMinutes, longestMinutes, reasonLength, perTenant } = traceRequestLimits;

export class NewTraceRequestBody {
  @ApiProperty({ pattern: deviceIdPattern, example: 'pump-7' })
  @Matches(new RegExp(deviceIdPattern))
  device!: string;

  @ApiPropertyOptional({ minLength: 1, maxLength: reasonLength, example: 'reports seem to be lost' })
  @IsOptional()
  @IsPlainText(1, reasonLength)
  reason?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: longestMinutes, default: defaultMinutes })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(longestMinutes)
  minutes?: number;
}

export class TraceRequestView {
  @ApiProperty({ pattern: deviceIdPattern, example: 'pump-7' })
  device!: string;

  @ApiPropertyOptional({ minLength: 1, maxLength: reasonLength })
  reason?: string;

  @ApiProperty({ format: 'date-time', description: 'The first instant at which the device is followed no more.' })
  until!: string;

  @ApiProperty({ description: 'who asked for it last', example: 'operator:alice' })
  actor!: string;
}

export class TraceRequestList {
  @ApiProperty({ type: () => [TraceRequestView], maxItems: perTenant })
  items!: TraceRequestView[];
}

export function traceRequestView({ device, reason, until, actor }: TraceRequestRecord): TraceRequestView {
  return { device, ...(reason !== null && { reason }), until: until.toISOString(), actor };
}
