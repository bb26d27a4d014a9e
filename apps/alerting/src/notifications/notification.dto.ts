import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { NotificationReason } from '../domain/notifying/notification.js';
import type { DeliverySummary } from '../persistence/delivery-search.repository.js';

export const deliveryStates = ['pending', 'delivered', 'parked'] as const;

/** A notification on its way, or at its end. */
export class NotificationView {
  @ApiProperty({ format: 'uuid', description: 'also what receivers get as `webhook-id`, and in `Message-ID`' })
  notification!: string;

  @ApiProperty()
  receiver!: string;

  @ApiProperty({ enum: deliveryStates, description: '`parked`: not tried any more until somebody has it sent again' })
  state!: DeliverySummary['state'];

  @ApiProperty({ enum: ['firing', 'resolved'], description: '`firing` while one of its alerts does' })
  status!: DeliverySummary['status'];

  @ApiProperty({
    enum: [
      ...['first notification', 'new alerts added', 'some alerts resolved', 'all alerts resolved'],
      'repeat interval elapsed',
    ],
  })
  reason!: NotificationReason;

  @ApiProperty({ description: 'route and labels that its alerts share, as Alertmanager writes them' })
  groupKey!: string;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  groupLabels!: Readonly<Record<string, string>>;

  @ApiProperty({ type: 'integer' })
  alertCount!: number;

  @ApiProperty({ format: 'date-time' })
  notifiedAt!: string;

  @ApiProperty({ type: 'integer', description: 'how often it was tried' })
  tries!: number;

  @ApiPropertyOptional({ format: 'date-time', description: 'while it is pending' })
  nextTryAt?: string;

  @ApiPropertyOptional({ description: 'true: an older one of its group goes first' })
  waits?: boolean;

  @ApiPropertyOptional({ format: 'date-time' })
  endedAt?: string;
}

export function notificationView(delivery: DeliverySummary): NotificationView {
  const { id, receiver, state, status, reason, groupKey, groupLabels, alertCount, tries, waits } = delivery;
  return {
    ...{ notification: id, receiver, state, status, reason, groupKey, groupLabels, alertCount },
    ...{ notifiedAt: delivery.notifiedAt.toISOString(), tries },
    ...(state === 'pending' ? { nextTryAt: delivery.nextTryAt.toISOString() } : {}),
    ...(state === 'pending' && waits ? { waits } : {}),
    ...(delivery.endedAt === null ? {} : { endedAt: delivery.endedAt.toISOString() }),
  };
}
