import { decodeCursor, isUuid, pageQuery } from '@myelin/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { type HistoryAction, type HistoryRecord, historyActions } from '../../domain/releases/history.js';

export const defaultHistoryPageSize = 100;

export class HistoryQuery extends pageQuery({ maximum: 1_000, default: defaultHistoryPageSize }) {}

export class HistoryEntry {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ format: 'date-time' })
  at!: string;

  @ApiProperty({ description: '`operator:<subject>`' })
  actor!: string;

  @ApiProperty({ enum: historyActions })
  action!: HistoryAction;

  @ApiPropertyOptional()
  reason?: string;
}

export class HistoryList {
  @ApiProperty({ type: () => [HistoryEntry], description: 'The latest first' })
  items!: HistoryEntry[];

  @ApiPropertyOptional()
  nextCursor?: string;
}

/** The id that the page begins behind. @throws Problem 400 cursor-invalid */
export function historyPosition({ cursor }: HistoryQuery): string | undefined {
  return cursor === undefined ? undefined : decodeCursor(cursor, isUuid);
}

export function historyEntry({ id, at, actor, action, reason }: HistoryRecord): HistoryEntry {
  return { id, at: at.toISOString(), actor, action, ...(reason === null ? {} : { reason }) };
}
