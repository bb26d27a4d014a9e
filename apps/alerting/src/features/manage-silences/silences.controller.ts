import { CurrentOperator, type Operator, Roles, pageOf } from '@myelin/service-kit';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import {
  ApiBody,
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { Alerting } from '../../alerting.js';
import { silenceParameter } from '../../http/path-parameters.js';
import { findSilence, listSilences } from '../../persistence/silences.repository.js';
import { problems } from '../../problems.js';
import {
  SilenceList,
  SilenceQuery,
  SilenceSchema,
  SilenceView,
  defaultPageSize,
  positionOf,
  silenceView,
} from './silence.dto.js';
import { createSilence, expireSilence } from './silences.handler.js';

@ApiTags('notifications')
@Controller('v1/silences')
export class SilencesController {
  constructor(private readonly alerting: Alerting) {}

  @Post()
  @ApiOperation({ summary: 'Mutes the alarms that all matchers match, for a time' })
  @Roles('operator')
  @ApiBody({ type: SilenceSchema })
  @ApiCreatedResponse({ type: SilenceView })
  @ApiConflictResponse({ description: '`silence-limit`: the tenant has as many as it may' })
  async create(@CurrentOperator() operator: Operator, @Body() body: unknown): Promise<SilenceView> {
    return silenceView(await createSilence(this.alerting, operator, body), this.alerting.clock.nowMs());
  }

  @Get()
  @ApiOperation({ summary: 'Silences, the latest first; those that are over for some time, too' })
  @Roles('viewer')
  @ApiOkResponse({ type: SilenceList })
  async list(@CurrentOperator() { tenant }: Operator, @Query() query: SilenceQuery): Promise<SilenceList> {
    const { state, limit = defaultPageSize } = query;
    const nowMs = this.alerting.clock.nowMs();
    const page = { state, now: new Date(nowMs), after: positionOf(query), limit: limit + 1 };
    const rows = await this.alerting.read((db) => listSilences(db, tenant, page));
    return pageOf(
      rows,
      limit,
      (row) => silenceView(row, nowMs),
      ({ id }) => id,
    );
  }

  @Get(':silence')
  @ApiOperation({ summary: 'A silence' })
  @Roles('viewer')
  @ApiOkResponse({ type: SilenceView })
  async read(
    @CurrentOperator() { tenant }: Operator,
    @Param('silence', silenceParameter) id: string,
  ): Promise<SilenceView> {
    const silence = await this.alerting.read((db) => findSilence(db, tenant, id));
    if (silence === undefined) throw problems.notFound('silence');
    return silenceView(silence, this.alerting.clock.nowMs());
  }

  @Delete(':silence')
  @ApiOperation({ summary: 'Ends a silence now; one that has not begun never begins' })
  @Roles('operator')
  @HttpCode(204)
  @ApiNoContentResponse()
  async expire(@CurrentOperator() operator: Operator, @Param('silence', silenceParameter) id: string): Promise<void> {
    await expireSilence(this.alerting, operator, id);
  }
}
