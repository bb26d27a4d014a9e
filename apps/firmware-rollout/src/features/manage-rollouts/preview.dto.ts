import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { type Obstacle, obstacles } from '../../domain/assignments/assignment.js';

class WavePreview {
  @ApiProperty({ type: 'integer', description: 'from 0 on' })
  wave!: number;

  @ApiProperty({ type: 'integer' })
  devices!: number;

  @ApiProperty({ type: [String], description: 'at most 100, in the order in which they have their turn' })
  first!: readonly string[];
}

class SkippedPreview {
  @ApiProperty({ enum: obstacles })
  reason!: Obstacle;

  @ApiProperty({ type: 'integer' })
  devices!: number;
}

class PreviewObstacle {
  @ApiProperty({ description: 'as `release-not-rollable` and `rollout-matches-nobody` say it' })
  code!: string;

  @ApiPropertyOptional({ description: 'RFC 6901 pointer into the rollout; absent when it is about the release' })
  pointer?: string;

  @ApiProperty()
  detail!: string;
}

export class RolloutPreview {
  @ApiProperty({ type: 'integer', description: 'of all waves' })
  devices!: number;

  @ApiProperty({ type: () => [WavePreview] })
  waves!: readonly WavePreview[];

  @ApiProperty({ type: () => [SkippedPreview], description: 'devices of the target that are left out' })
  skipped!: readonly SkippedPreview[];

  @ApiProperty({
    type: [String],
    description: 'devices that the target or a selector names and that the registry does not have, at most 100',
  })
  missing!: readonly string[];

  @ApiProperty({ type: () => [PreviewObstacle], description: 'what a start would be refused for' })
  obstacles!: readonly PreviewObstacle[];
}
