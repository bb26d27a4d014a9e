import { decodeCursor, pageQuery } from '@myelin/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { rolloutStates } from '../../domain/rollouts/rollout.js';
import type { RolloutEntryRow } from '../../persistence/rollout-lists.repository.js';

export const defaultHistoryPageSize = 100;

export class RolloutHistoryQuery extends pageQuery({ maximum: 1_000, default: defaultHistoryPageSize }) {}

const isVersion = (position: unknown): position is number =>
  Number.isInteger(position) && (position as number) >= 1 && (position as number) <= 2_147_483_647;

/** The version that the page begins before. @throws Problem 400 cursor-invalid */
export function historyPosition({ cursor }: RolloutHistoryQuery): number | undefined {
  return cursor === undefined ? undefined : decodeCursor(cursor, isVersion);
}

export class RolloutEntryView {
  @ApiProperty({ type: 'integer', description: 'of the rollout, after it' })
  version!: number;

  @ApiProperty({ description: 'e.g. `change` (of the draft), `start`, `start-wave`, `pause`' })
  kind!: string;

  @ApiProperty({ enum: rolloutStates })
  from!: string;

  @ApiProperty({ enum: rolloutStates })
  to!: string;

  @ApiPropertyOptional({ type: 'integer' })
  wave?: number;

  @ApiPropertyOptional()
  reason?: string;

  @ApiPropertyOptional()
  detail?: string;

  @ApiPropertyOptional({ description: '`operator:<subject>`; absent when no person did it' })
  actor?: string;

  @ApiProperty({ format: 'date-time' })
  at!: string;
}

export class RolloutHistory {
  @ApiProperty({ type: () => [RolloutEntryView], description: 'The latest first' })
  items!: RolloutEntryView[];

  @ApiPropertyOptional()
  nextCursor?: string;
}

export function rolloutEntryView(entry: RolloutEntryRow): RolloutEntryView {
  const { version, kind, from, to, wave, reason, detail, actor, at } = entry;
  return {
    ...{ version, kind, from, to },
    ...(wave === null ? {} : { wave }),
    ...(reason === null ? {} : { reason }),
    ...(detail === null ? {} : { detail }),
    ...(actor === null ? {} : { actor }),
    at: at.toISOString(),
  };
}
