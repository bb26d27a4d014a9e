import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, Max, Min } from 'class-validator';
import {
  type FirmwarePolicy,
  type FirmwarePolicyRecord,
  defaultPolicy,
  maxThreshold,
} from '../../domain/manifests/firmware-policy.js';

const unsignedChoices = ['refused', 'accepted'] as const;

export class FirmwarePolicyBody implements FirmwarePolicy {
  @ApiProperty({ enum: unsignedChoices, description: 'whether releases without a manifest may be published' })
  @IsIn(unsignedChoices)
  unsigned!: 'refused' | 'accepted';

  @ApiProperty({ type: 'integer', minimum: 1, maximum: maxThreshold, description: 'keys that must sign a manifest' })
  @IsInt()
  @Min(1)
  @Max(maxThreshold)
  threshold!: number;
}

export class FirmwarePolicyView extends FirmwarePolicyBody {
  @ApiProperty()
  profile!: string;

  @ApiProperty({ type: 'integer', description: 'also the ETag; 0, without one: nobody has said, this is the default' })
  version!: number;

  @ApiPropertyOptional({ format: 'date-time' })
  updatedAt?: string;

  @ApiPropertyOptional({ description: '`operator:<subject>`' })
  updatedBy?: string;
}

export function firmwarePolicyView(row: FirmwarePolicyRecord): FirmwarePolicyView {
  const { profile, unsigned, threshold, version, updatedAt, updatedBy } = row;
  return { profile, unsigned, threshold, version, updatedAt: updatedAt.toISOString(), updatedBy };
}

export function defaultPolicyView(profile: string): FirmwarePolicyView {
  return { profile, ...defaultPolicy, version: 0 };
}
