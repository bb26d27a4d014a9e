import { isDeviceId } from '@myelin/kernel';
import { decodeCursor, pageQuery } from '@myelin/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import type { AssignmentReason, AssignmentState } from '../../domain/assignments/assignment.js';
import { waveLimits } from '../../domain/rollouts/wave-definition.js';
import type { AssignmentEntryRow, AssignmentRow } from '../../persistence/assignment-lists.repository.js';
import { assignmentStates } from './rollout-view.dto.js';

export const defaultAssignmentPageSize = 100;
/** Of an assignment's history, shown at once. */
export const shownEntries = 1_000;

export class AssignmentQuery extends pageQuery({ maximum: 1_000, default: defaultAssignmentPageSize }) {
  @ApiPropertyOptional({ enum: assignmentStates })
  @IsOptional()
  @IsIn(assignmentStates)
  state?: AssignmentState;

  @ApiPropertyOptional({ type: 'integer', minimum: 0, maximum: waveLimits.waves - 1 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(waveLimits.waves - 1)
  wave?: number;
}

const isDevice = (position: unknown): position is string => typeof position === 'string' && isDeviceId(position);

/** The device behind which the page begins; '' for the first page. @throws Problem 400 cursor-invalid */
export function devicePosition({ cursor }: AssignmentQuery): string {
  return cursor === undefined ? '' : decodeCursor(cursor, isDevice);
}

export class AssignmentView {
  @ApiProperty()
  device!: string;

  @ApiProperty({ type: 'integer', description: 'from 0 on' })
  wave!: number;

  @ApiProperty({ type: 'integer', description: 'from 1 on' })
  attempt!: number;

  @ApiPropertyOptional({ type: 'integer', description: 'what the device knows the attempt by, once it was offered' })
  action?: number;

  @ApiProperty({ enum: assignmentStates })
  state!: AssignmentState;

  @ApiPropertyOptional()
  reason?: AssignmentReason;

  @ApiPropertyOptional({ format: 'date-time' })
  offeredAt?: string;

  @ApiPropertyOptional({ format: 'date-time', description: "when the device's time is up, if it gets no further" })
  dueAt?: string;

  @ApiProperty({ format: 'date-time' })
  changedAt!: string;

  @ApiProperty({ type: 'integer', description: 'each entry of its history is one more' })
  version!: number;
}

class AssignmentEntryView {
  @ApiProperty({ type: 'integer', description: 'of the assignment, after it' })
  version!: number;

  @ApiProperty({ type: 'integer' })
  attempt!: number;

  @ApiPropertyOptional({ type: 'integer' })
  action?: number;

  @ApiProperty({ description: 'e.g. `offer`, `report`, `cancel`, `time-out`' })
  kind!: string;

  @ApiPropertyOptional({ description: 'what the device said' })
  report?: string;

  @ApiProperty({ enum: assignmentStates })
  from!: string;

  @ApiProperty({ enum: assignmentStates })
  to!: string;

  @ApiPropertyOptional()
  reason?: string;

  @ApiPropertyOptional({ description: '`operator:<subject>`; absent when no person did it' })
  actor?: string;

  @ApiPropertyOptional({ type: 'integer', description: "the device's own number for it" })
  code?: number;

  @ApiProperty({ type: [String], description: "the device's own words" })
  messages!: readonly string[];

  @ApiProperty({ format: 'date-time' })
  at!: string;
}

export class AssignmentDetail extends AssignmentView {
  @ApiProperty({ type: () => [AssignmentEntryView], description: 'The latest first, 1,000 at most' })
  history!: readonly AssignmentEntryView[];
}

export class AssignmentList {
  @ApiProperty({ type: () => [AssignmentView] })
  items!: AssignmentView[];

  @ApiPropertyOptional()
  nextCursor?: string;
}

export function assignmentView(row: AssignmentRow): AssignmentView {
  const { device, wave, attempt, actionId, state, reason, offeredAt, dueAt, changedAt, version } = row;
  return {
    ...{ device, wave, attempt, state, version, changedAt: changedAt.toISOString() },
    ...(actionId === null ? {} : { action: actionId }),
    ...(reason === null ? {} : { reason }),
    ...(offeredAt === null ? {} : { offeredAt: offeredAt.toISOString() }),
    ...(dueAt === null ? {} : { dueAt: dueAt.toISOString() }),
  };
}

export function assignmentDetail(row: AssignmentRow, entries: readonly AssignmentEntryRow[]): AssignmentDetail {
  return { ...assignmentView(row), history: entries.map(entryView) };
}

function entryView(entry: AssignmentEntryRow): AssignmentEntryView {
  const { version, attempt, actionId, kind, report, from, to, reason, actor, code, messages, at } = entry;
  return {
    ...{ version, attempt, kind, from, to, messages, at: at.toISOString() },
    ...(actionId === null ? {} : { action: actionId }),
    ...(report === null ? {} : { report }),
    ...(reason === null ? {} : { reason }),
    ...(actor === null ? {} : { actor }),
    ...(code === null ? {} : { code }),
  };
}
