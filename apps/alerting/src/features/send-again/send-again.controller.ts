import { CurrentOperator, type Operator, Roles } from '@myelin/service-kit';
import { Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiConflictResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Alerting } from '../../alerting.js';
import { notificationParameter } from '../../http/path-parameters.js';
import { NotificationView, notificationView } from '../../notifications/notification.dto.js';
import { unparkDelivery } from '../../persistence/deliveries.repository.js';
import { findDeliverySummary } from '../../persistence/delivery-search.repository.js';
import { problems } from '../../problems.js';

@ApiTags('notifications')
@Controller('v1/notifications')
export class SendAgainController {
  constructor(private readonly alerting: Alerting) {}

  @Post(':notification/send-again')
  @ApiOperation({ summary: 'Has a parked notification tried again, from the start of its schedule and under its id' })
  @Roles('operator')
  @HttpCode(200)
  @ApiOkResponse({ type: NotificationView })
  @ApiConflictResponse({ description: '`notification-not-parked`' })
  sendAgain(
    @CurrentOperator() { tenant }: Operator,
    @Param('notification', notificationParameter) id: string,
  ): Promise<NotificationView> {
    return this.alerting.change(async (tx) => {
      const isUnparked = await unparkDelivery(tx, tenant, id);
      const summary = await findDeliverySummary(tx, tenant, id);
      if (summary === undefined) throw problems.notFound('notification');
      if (!isUnparked) throw problems.notParked();
      return notificationView(summary);
    });
  }
}
