import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { maxPeers } from '../../domain/rules/peers.js';
import { RuleDefinitionSchema } from '../../http/rule-definition.schema.js';
import { maxReadings } from './read-readings.js';

const free = { type: 'object' as const, additionalProperties: true };

class ReadingSchema {
  @ApiProperty({ type: 'integer', description: 'event time, milliseconds since the epoch' })
  ts!: number;

  @ApiPropertyOptional()
  boot?: string;

  @ApiPropertyOptional({ type: 'integer' })
  seq?: number;

  @ApiProperty({ type: 'object', additionalProperties: true, example: { temperature: 21.5 } })
  values!: object;
}

/** Words about what `readDryRun` reads; that decides. */
export class DryRunSchema {
  @ApiProperty({ type: RuleDefinitionSchema })
  definition!: RuleDefinitionSchema;

  @ApiPropertyOptional({
    type: [ReadingSchema],
    maxItems: maxReadings,
    description:
      'of one device, as they arrive; hours of it for a rule about data quality; none for a rule that compares devices with each other',
  })
  readings?: ReadingSchema[];

  @ApiPropertyOptional({
    ...{ type: 'object', additionalProperties: false, description: 'that limits are taken from' },
    properties: { device: free, site: free, profile: free },
  })
  metadata?: object;

  @ApiPropertyOptional({
    default: 'UTC',
    description: 'IANA time zone of the device, for schedules and seasonal models',
  })
  timeZone?: string;
}

class TransitionView {
  @ApiProperty({ enum: ['raised', 'cleared'] })
  kind!: 'raised' | 'cleared';

  @ApiProperty({ type: 'integer', description: 'when the condition began to hold, in event time' })
  startMs!: number;

  @ApiProperty({ type: 'integer', description: 'of the reading that decided' })
  atMs!: number;

  @ApiPropertyOptional({
    enum: ['schedule-ended'],
    description: 'of what is cleared although its condition may hold on',
  })
  reason?: 'schedule-ended';
}

class ArrivalsView {
  @ApiProperty({ type: 'integer' })
  taken!: number;

  @ApiProperty({ type: 'integer', description: 'older than the lateness of the rule allows: they change nothing' })
  late!: number;

  @ApiProperty({ type: 'integer' })
  duplicate!: number;
}

class PeersView {
  @ApiProperty({ type: 'integer', description: 'devices that the rule concerns now' })
  concerned!: number;

  @ApiProperty({ type: 'integer', description: `those beyond the ${maxPeers} that are compared at most` })
  notCompared!: number;
}

export class DryRunView {
  @ApiProperty({ type: [TransitionView] })
  transitions!: readonly TransitionView[];

  @ApiProperty({ type: ArrivalsView, description: 'what became of the readings' })
  arrivals!: ArrivalsView;

  @ApiPropertyOptional({ type: PeersView, description: 'of a rule that compares devices with each other' })
  peers?: PeersView;
}
