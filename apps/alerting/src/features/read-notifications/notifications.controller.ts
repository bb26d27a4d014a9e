import { CurrentOperator, type Operator, Roles, pageOf } from '@myelin/service-kit';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Alerting } from '../../alerting.js';
import { notificationParameter } from '../../http/path-parameters.js';
import { notificationView } from '../../notifications/notification.dto.js';
import { findDelivery } from '../../persistence/deliveries.repository.js';
import { findDeliverySummary, listDeliveries } from '../../persistence/delivery-search.repository.js';
import { problems } from '../../problems.js';
import {
  NotificationList,
  NotificationQuery,
  NotificationWithTries,
  alertView,
  defaultPageSize,
  positionOf,
  tryView,
} from './notification-query.dto.js';

@ApiTags('notifications')
@Controller('v1/notifications')
@Roles('viewer')
export class ReadNotificationsController {
  constructor(private readonly alerting: Alerting) {}

  @Get()
  @ApiOperation({ summary: 'Notifications, the latest first: delivered, on their way, and parked' })
  @ApiOkResponse({ type: NotificationList })
  async list(@CurrentOperator() { tenant }: Operator, @Query() query: NotificationQuery): Promise<NotificationList> {
    const { limit = defaultPageSize } = query;
    const page = { after: positionOf(query), limit: limit + 1 };
    const rows = await this.alerting.read((db) => listDeliveries(db, tenant, query, page));
    return pageOf(rows, limit, notificationView, ({ createdAtUs, id }) => [createdAtUs, id]);
  }

  @Get(':notification')
  @ApiOperation({ summary: 'A notification with its alerts and every try to deliver it' })
  @ApiOkResponse({ type: NotificationWithTries })
  async read(
    @CurrentOperator() { tenant }: Operator,
    @Param('notification', notificationParameter) id: string,
  ): Promise<NotificationWithTries> {
    const [summary, found] = await this.alerting.read(async (db) => [
      await findDeliverySummary(db, tenant, id),
      await findDelivery(db, tenant, id),
    ]);
    if (summary === undefined || found === null) throw problems.notFound('notification');
    const alerts = found.delivery.notification.alerts.map(alertView);
    return { ...notificationView(summary), alerts, attempts: found.tries.map(tryView) };
  }
}
