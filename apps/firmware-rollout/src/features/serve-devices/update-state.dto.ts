import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { KnownDevice } from '../../persistence/device-seen.repository.js';

/** How long beyond its interval a device may be silent, as hawkBit has it. */
export const overdueAfterMs = 300_000;

export class ToldView {
  @ApiProperty({ enum: ['deployment', 'cancel', 'nothing'] })
  shown!: 'deployment' | 'cancel' | 'nothing';

  @ApiPropertyOptional({ type: 'integer', description: 'what the device knows it by' })
  action?: number;

  @ApiPropertyOptional({ enum: ['forced', 'soft', 'download-only'] })
  mode?: 'forced' | 'soft' | 'download-only';

  @ApiPropertyOptional({ format: 'date-time', description: 'when one that is soft is forced' })
  forcedFrom?: string;

  @ApiProperty({ description: 'whether it is asked what it is' })
  wantsAttributes!: boolean;
}

export class RunsView {
  @ApiProperty({ description: 'slug' })
  release!: string;

  @ApiPropertyOptional()
  version?: string;
}

export class UpdateStateView {
  @ApiProperty()
  device!: string;

  @ApiPropertyOptional({
    format: 'date-time',
    description:
      'when it last asked this service for anything; from what another process heard, up to a minute is missing. Absent: never',
  })
  lastSeen?: string;

  @ApiProperty({ description: 'it was heard before, and not for its polling interval and five minutes' })
  overdue!: boolean;

  @ApiProperty({ type: 'integer', description: 'how often it is told to ask while there is nothing to do' })
  pollingIntervalMs!: number;

  @ApiProperty({ type: () => ToldView, description: 'what it is told when it asks' })
  told!: ToldView;

  @ApiPropertyOptional({ type: () => RunsView, description: 'what it runs, as far as that came by a rollout' })
  runs?: RunsView;

  @ApiProperty({
    description: 'an update that it was at ended without its word: what it runs is not known until it says so',
  })
  inDoubt!: boolean;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' }, description: 'what it says of itself' })
  attributes!: Readonly<Record<string, string>>;
}

export interface Heard {
  readonly lastSeenMs: number | undefined;
  readonly pollingIntervalMs: number;
}

export function updateStateView(
  device: string,
  known: KnownDevice,
  { lastSeenMs, pollingIntervalMs }: Heard,
  nowMs: number,
): UpdateStateView {
  const { shown, actionId, mode, forcedFrom, wantsAttributes, attributes, release, releaseVersion, inDoubt } = known;
  return {
    device,
    ...(lastSeenMs !== undefined && { lastSeen: new Date(lastSeenMs).toISOString() }),
    overdue: lastSeenMs !== undefined && nowMs > lastSeenMs + pollingIntervalMs + overdueAfterMs,
    pollingIntervalMs,
    told: {
      ...{ shown, wantsAttributes },
      ...(shown !== 'nothing' && actionId !== null && { action: actionId }),
      ...(shown === 'deployment' && mode !== null && { mode }),
      ...(shown === 'deployment' && forcedFrom !== null && { forcedFrom: forcedFrom.toISOString() }),
    },
    ...(release !== null && { runs: { release, ...(releaseVersion !== null && { version: releaseVersion }) } }),
    ...{ inDoubt, attributes },
  };
}
