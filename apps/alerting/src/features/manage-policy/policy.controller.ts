import { CurrentOperator, type Operator, Roles, versionedAnswer } from '@myelin/service-kit';
import { Body, Controller, Get, Headers, Put, Res } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Alerting } from '../../alerting.js';
import { NotificationSettings } from '../../notifications/notification-settings.js';
import { findPolicy } from '../../persistence/policies.repository.js';
import { problems } from '../../problems.js';
import { PolicySchema, PolicyView, policyDefinition, policyView } from './policy.dto.js';
import { putPolicy } from './policy.handler.js';

@ApiTags('notifications')
@Controller('v1/notification-policy')
export class PolicyController {
  constructor(
    private readonly alerting: Alerting,
    private readonly settings: NotificationSettings,
  ) {}

  @Put()
  @ApiOperation({ summary: "Creates or replaces the tenant's policy: who is told what of its alarms" })
  @Roles('operator')
  @ApiHeader({ name: 'If-Match', required: false, description: 'needed to change an existing policy' })
  @ApiHeader({ name: 'If-None-Match', required: false, description: '`*`: only create' })
  @ApiBody({ type: PolicySchema })
  @ApiOkResponse({ type: PolicyView })
  @ApiCreatedResponse({ type: PolicyView })
  async put(
    @CurrentOperator() operator: Operator,
    @Body() body: unknown,
    @Headers('if-match') ifMatch: string | undefined,
    @Headers('if-none-match') ifNoneMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PolicyView> {
    const definition = policyDefinition(body, operator.tenant, this.settings);
    const { row, created } = await putPolicy(this.alerting, operator, { definition, ifMatch, ifNoneMatch });
    reply.status(created ? 201 : 200);
    return versionedAnswer(reply, policyView(row));
  }

  @Get()
  @ApiOperation({ summary: "The tenant's policy" })
  @Roles('viewer')
  @ApiOkResponse({ type: PolicyView })
  async read(
    @CurrentOperator() { tenant }: Operator,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PolicyView> {
    const row = await this.alerting.read((db) => findPolicy(db, tenant));
    if (row === null) throw problems.notFound('notification-policy');
    return versionedAnswer(reply, policyView(row));
  }
}
