import { ApiProperty } from '@nestjs/swagger';
import { measuredValueSchema } from '../../http/measured-value.schema.js';

export class LatestMetric {
  @ApiProperty()
  metric!: string;

  @ApiProperty({ type: 'integer', description: 'Milliseconds since the epoch.' })
  ts!: number;

  @ApiProperty(measuredValueSchema)
  value!: unknown;
}

export class LatestAnswer {
  @ApiProperty()
  device!: string;

  @ApiProperty({ type: [LatestMetric], description: 'In order of metric.' })
  metrics!: LatestMetric[];
}
