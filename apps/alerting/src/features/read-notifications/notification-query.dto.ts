import { decodeCursor, pageQuery, isUuid } from '@myelin/service-kit';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, Matches, MaxLength } from 'class-validator';
import type { NotifiedAlert } from '../../domain/notifying/notification.js';
import { receiverName } from '../../domain/notifying/receivers.js';
import { NotificationView, deliveryStates } from '../../notifications/notification.dto.js';
import type { DeliveryPosition, DeliveryTry } from '../../persistence/delivery-search.repository.js';

export const defaultPageSize = 50;

const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export class NotificationQuery extends pageQuery({ maximum: 200, default: defaultPageSize }) {
  @ApiPropertyOptional({ enum: deliveryStates })
  @IsOptional()
  @IsIn(deliveryStates)
  state?: NotificationView['state'];

  @ApiPropertyOptional()
  @IsOptional()
  @MaxLength(64)
  @Matches(receiverName)
  receiver?: string;

  @ApiPropertyOptional({
    format: 'uuid',
    description:
      'those that tell of this alarm; alerts that were left out of a notification (`alertCount`) do not count',
  })
  @IsOptional()
  @Matches(uuidForm)
  alarm?: string;
}

export class NotificationList {
  @ApiProperty({ type: () => [NotificationView], description: 'The latest first' })
  items!: NotificationView[];

  @ApiPropertyOptional()
  nextCursor?: string;
}

export class NotificationTryView {
  @ApiProperty({ type: 'integer' })
  try!: number;

  @ApiProperty({ format: 'date-time' })
  startedAt!: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'absent: it is under way, or its process died' })
  endedAt?: string;

  @ApiPropertyOptional({ enum: ['delivered', 'failed', 'refused'], description: '`refused` is not tried again' })
  outcome?: 'delivered' | 'failed' | 'refused';

  @ApiPropertyOptional({ description: 'in our words; nothing of what the receiver answered' })
  error?: string;
}

export class NotifiedAlertView {
  @ApiProperty({ enum: ['firing', 'resolved'] })
  status!: NotifiedAlert['status'];

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  labels!: Readonly<Record<string, string>>;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  annotations!: Readonly<Record<string, string>>;

  @ApiProperty({ format: 'date-time' })
  startsAt!: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'when it is over' })
  endsAt?: string;

  @ApiProperty({ format: 'uri' })
  url!: string;
}

export class NotificationWithTries extends NotificationView {
  @ApiProperty({ type: () => [NotifiedAlertView], description: 'as they are told; `alertCount` counts those left out' })
  alerts!: NotifiedAlertView[];

  @ApiProperty({ type: () => [NotificationTryView] })
  attempts!: NotificationTryView[];
}

export function alertView({ status, labels, annotations, startsAtMs, endsAtMs, generatorUrl }: NotifiedAlert) {
  return {
    ...{ status, labels, annotations, startsAt: new Date(startsAtMs).toISOString() },
    ...(endsAtMs === null ? {} : { endsAt: new Date(endsAtMs).toISOString() }),
    url: generatorUrl,
  };
}

export function tryView({ try: number, startedAt, endedAt, outcome, error }: DeliveryTry): NotificationTryView {
  return {
    ...{ try: number, startedAt: startedAt.toISOString() },
    ...(endedAt === null ? {} : { endedAt: endedAt.toISOString() }),
    ...(outcome === null ? {} : { outcome }),
    ...(error === null ? {} : { error }),
  };
}

/** @throws Problem 400 cursor-invalid */
export function positionOf({ cursor }: NotificationQuery): DeliveryPosition | undefined {
  return cursor === undefined ? undefined : decodeCursor(cursor, isPosition);
}

function isPosition(position: unknown): position is DeliveryPosition {
  if (!Array.isArray(position) || position.length !== 2) return false;
  const [createdAtUs, id] = position as unknown[];
  return Number.isSafeInteger(createdAtUs) && Math.abs(createdAtUs as number) <= 8.64e15 && isUuid(id);
}
