import { deviceIdPattern } from '@myelin/kernel';
import { Flag, decodeCursor, pageQuery } from '@myelin/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsOptional, Matches } from 'class-validator';
import { AlarmEntryView, AlarmView } from '../../alarms/alarm.dto.js';
import { IsPlainText } from '../../alarms/plain-text.decorator.js';
import { type AlarmCondition, alarmLimits } from '../../domain/alarms/alarm.js';
import { slug } from '../../domain/rules/parse-rule.js';
import { type Severity, severities } from '../../domain/rules/rule.js';
import type { AlarmPosition } from '../../persistence/alarm-search.repository.js';

export const defaultPageSize = 100;
const maxPageSize = 1_000;

const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

class PageQuery extends pageQuery({ maximum: maxPageSize, default: defaultPageSize }) {}

export class AlarmQuery extends PageQuery {
  @ApiPropertyOptional({ enum: ['active', 'cleared'] })
  @IsOptional()
  @IsIn(['active', 'cleared'])
  state?: AlarmCondition;

  @ApiPropertyOptional({ enum: severities, isArray: true, description: 'One of them; may be given several times' })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? [value] : value))
  @IsArray()
  @ArrayMaxSize(severities.length)
  @IsIn(severities, { each: true })
  severity?: Severity[];

  @ApiPropertyOptional()
  @IsOptional()
  @Matches(slug)
  rule?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @Matches(slug)
  site?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @Matches(new RegExp(deviceIdPattern))
  device?: string;

  @ApiPropertyOptional({ type: 'boolean' })
  @IsOptional()
  @Flag()
  @IsBoolean()
  acknowledged?: boolean;

  @ApiPropertyOptional()
  @IsOptional()
  @IsPlainText(alarmLimits.assigneeLength)
  assignee?: string;

  @ApiPropertyOptional({ format: 'uuid', description: "those that this storm's alarm stands for" })
  @IsOptional()
  @Matches(uuidForm)
  inhibitedBy?: string;

  @ApiPropertyOptional({ type: 'boolean', description: "whether a storm's alarm stands, or stood to its end, for it" })
  @IsOptional()
  @Flag()
  @IsBoolean()
  inhibited?: boolean;

  @ApiPropertyOptional({ type: 'boolean', description: 'whether it stands for a storm' })
  @IsOptional()
  @Flag()
  @IsBoolean()
  storm?: boolean;

  @ApiPropertyOptional({ type: 'boolean', description: 'whether it flaps, or flapped when it was cleared' })
  @IsOptional()
  @Flag()
  @IsBoolean()
  flapping?: boolean;

  @ApiPropertyOptional({ type: 'boolean', description: 'whether it is shelved now' })
  @IsOptional()
  @Flag()
  @IsBoolean()
  shelved?: boolean;
}

export class HistoryQuery extends PageQuery {}

export class AlarmList {
  @ApiProperty({ type: () => [AlarmView], description: 'The one that was noticed last comes first' })
  items!: AlarmView[];

  @ApiPropertyOptional()
  nextCursor?: string;
}

export class AlarmHistory {
  @ApiProperty({ type: () => [AlarmEntryView], description: 'The latest change comes first' })
  items!: AlarmEntryView[];

  @ApiPropertyOptional()
  nextCursor?: string;
}

class InhibitedView {
  @ApiProperty({ type: 'integer' })
  active!: number;

  @ApiProperty({ type: 'integer', description: 'nobody was notified of them' })
  cleared!: number;
}

export class AlarmWithHistory extends AlarmView {
  @ApiPropertyOptional({
    type: () => InhibitedView,
    description: 'how many alarms it stands for, if it is one of a storm',
  })
  inhibited?: InhibitedView;

  @ApiProperty({ type: () => AlarmHistory, description: 'Its beginning; the rest is at `history`' })
  history!: AlarmHistory;
}

/** @throws Problem 400 cursor-invalid */
export function alarmPositionOf({ cursor }: AlarmQuery): AlarmPosition | undefined {
  return cursor === undefined ? undefined : decodeCursor(cursor, isAlarmPosition);
}

/** @throws Problem 400 cursor-invalid */
export function versionPositionOf({ cursor }: HistoryQuery): number | undefined {
  return cursor === undefined ? undefined : decodeCursor(cursor, isVersion);
}

function isAlarmPosition(position: unknown): position is AlarmPosition {
  if (!Array.isArray(position) || position.length !== 2) return false;
  const [noticedAtMs, id] = position as unknown[];
  // Alarms are younger than the epoch, and PostgreSQL knows no time as long before it as after it.
  const isInstant =
    Number.isSafeInteger(noticedAtMs) && (noticedAtMs as number) >= 0 && (noticedAtMs as number) <= 8.64e15;
  return isInstant && typeof id === 'string' && uuidForm.test(id);
}

function isVersion(position: unknown): position is number {
  return Number.isInteger(position) && (position as number) >= 0 && (position as number) <= 2_147_483_647;
}
