import { CurrentOperator, type Operator, Roles, pageOf, versionedAnswer } from '@myelin/service-kit';
import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Put, Query, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiCreatedResponse,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Alerting } from '../../alerting.js';
import { ruleParameter } from '../../http/path-parameters.js';
import { ruleDefinition } from '../../http/rule-definition.js';
import { RuleDefinitionSchema } from '../../http/rule-definition.schema.js';
import { findRule, listRules } from '../../persistence/rules.repository.js';
import { problems } from '../../problems.js';
import { RuleList, RuleQuery, RuleView, defaultPageSize, positionOf, ruleView } from './rule.dto.js';
import { putRule, removeRule } from './rules.handler.js';

@ApiTags('rules')
@Controller('v1/rules')
export class RulesController {
  constructor(private readonly alerting: Alerting) {}

  @Put(':rule')
  @ApiOperation({ summary: 'Creates or replaces a rule; what it says already is put without a new version' })
  @Roles('operator')
  @ApiHeader({ name: 'If-Match', required: false, description: 'needed to change an existing rule' })
  @ApiHeader({ name: 'If-None-Match', required: false, description: '`*`: only create' })
  @ApiBody({ type: RuleDefinitionSchema })
  @ApiOkResponse({ type: RuleView })
  @ApiCreatedResponse({ type: RuleView })
  async put(
    @CurrentOperator() operator: Operator,
    @Param('rule', ruleParameter) rule: string,
    @Body() body: unknown,
    @Headers('if-match') ifMatch: string | undefined,
    @Headers('if-none-match') ifNoneMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RuleView> {
    const command = { rule, definition: ruleDefinition(body), ifMatch, ifNoneMatch };
    const { row, created } = await putRule(this.alerting, operator, command);
    reply.status(created ? 201 : 200);
    return versionedAnswer(reply, ruleView(row));
  }

  @Get()
  @ApiOperation({ summary: 'Rules, by id' })
  @Roles('viewer')
  @ApiOkResponse({ type: RuleList })
  async list(@CurrentOperator() { tenant }: Operator, @Query() query: RuleQuery): Promise<RuleList> {
    const limit = query.limit ?? defaultPageSize;
    const page = { after: positionOf(query), limit: limit + 1 };
    const rows = await this.alerting.read((db) => listRules(db, tenant, query, page));
    return pageOf(rows, limit, ruleView, ({ rule }) => rule);
  }

  @Get(':rule')
  @ApiOperation({ summary: 'A rule' })
  @Roles('viewer')
  @ApiOkResponse({ type: RuleView })
  async read(
    @CurrentOperator() { tenant }: Operator,
    @Param('rule', ruleParameter) rule: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RuleView> {
    const row = await this.alerting.read((db) => findRule(db, tenant, rule));
    if (row === null) throw problems.notFound('rule');
    return versionedAnswer(reply, ruleView(row));
  }

  @Delete(':rule')
  @ApiOperation({ summary: 'Removes a rule; its active alarms are cleared' })
  @Roles('operator')
  @HttpCode(204)
  @ApiHeader({ name: 'If-Match', required: true })
  @ApiNoContentResponse()
  async remove(
    @CurrentOperator() operator: Operator,
    @Param('rule', ruleParameter) rule: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await removeRule(this.alerting, operator, { rule, ifMatch });
  }
}
