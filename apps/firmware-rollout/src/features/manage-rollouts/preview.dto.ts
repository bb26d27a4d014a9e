import { ApiProperty } from '@nestjs/swagger';
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

export class RolloutPreview {
  @ApiProperty({ type: 'integer', description: 'of all waves' })
  devices!: number;

  @ApiProperty({ type: () => [WavePreview] })
  waves!: readonly WavePreview[];

  @ApiProperty({ type: () => [SkippedPreview], description: 'devices of the target that are left out' })
  skipped!: readonly SkippedPreview[];
}
