import { CurrentOperator, type Operator, Roles, pageOf, versionedAnswer } from '@myelin/service-kit';
import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Alerting } from '../../alerting.js';
import { alarmView, entryView } from '../../alarms/alarm.dto.js';
import { alarmParameter } from '../../http/path-parameters.js';
import {
  countInhibited,
  findAlarm,
  listAlarms,
  listEntries,
  summariseAlarms,
} from '../../persistence/alarm-search.repository.js';
import { problems } from '../../problems.js';
import {
  AlarmHistory,
  AlarmList,
  AlarmQuery,
  AlarmWithHistory,
  HistoryQuery,
  alarmPositionOf,
  defaultPageSize,
  versionPositionOf,
} from './alarm-query.dto.js';
import { AlarmSummaryView, summaryLimit, summaryView } from './alarm-summary.dto.js';

@ApiTags('alarms')
@Controller('v1/alarms')
@Roles('viewer')
export class ReadAlarmsController {
  constructor(private readonly alerting: Alerting) {}

  @Get()
  @ApiOperation({ summary: 'Alarms, the one that was noticed last first' })
  @ApiOkResponse({ type: AlarmList })
  async list(@CurrentOperator() { tenant }: Operator, @Query() query: AlarmQuery): Promise<AlarmList> {
    const { state: condition, severity: severities, rule, site, device, acknowledged, assignee } = query;
    const { inhibitedBy, inhibited, storm, flapping } = query;
    const handling = { acknowledged, assignee, inhibitedBy, inhibited, storm, flapping };
    const shelved = query.shelved === undefined ? undefined : { now: this.now(), is: query.shelved };
    const filter = { condition, severities, rule, site, device, ...handling, shelved };
    const limit = query.limit ?? defaultPageSize;
    const page = { after: alarmPositionOf(query), limit: limit + 1 };
    const alarms = await this.alerting.read((db) => listAlarms(db, tenant, filter, page));
    return pageOf(alarms, limit, alarmView, ({ raiseNoticedAtMs, id }) => [raiseNoticedAtMs, id]);
  }

  @Get('summary')
  @ApiOperation({ summary: 'How many alarms are active, by severity, site and rule' })
  @ApiOkResponse({ type: AlarmSummaryView })
  async summary(@CurrentOperator() { tenant }: Operator): Promise<AlarmSummaryView> {
    return summaryView(await this.alerting.read((db) => summariseAlarms(db, tenant, this.now(), summaryLimit)));
  }

  @Get(':alarm')
  @ApiOperation({ summary: 'An alarm, with the latest of its history' })
  @ApiOkResponse({ type: AlarmWithHistory })
  async read(
    @CurrentOperator() { tenant }: Operator,
    @Param('alarm', alarmParameter) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AlarmWithHistory> {
    const alarm = await this.alerting.read((db) => findAlarm(db, tenant, id));
    if (alarm === undefined) throw problems.notFound('alarm');
    // Nothing that came after the state that is shown: the two are read one after the other.
    const history = await this.historyOf(tenant, id, alarm.version + 1, defaultPageSize);
    const inhibited = alarm.storm && (await this.alerting.read((db) => countInhibited(db, tenant, id)));
    return versionedAnswer(reply, { ...alarmView(alarm), ...(inhibited && { inhibited }), history });
  }

  @Get(':alarm/history')
  @ApiOperation({ summary: 'What happened to an alarm, the latest first' })
  @ApiOkResponse({ type: AlarmHistory })
  async history(
    @CurrentOperator() { tenant }: Operator,
    @Param('alarm', alarmParameter) id: string,
    @Query() query: HistoryQuery,
  ): Promise<AlarmHistory> {
    const before = versionPositionOf(query);
    if ((await this.alerting.read((db) => findAlarm(db, tenant, id))) === undefined) throw problems.notFound('alarm');
    return this.historyOf(tenant, id, before, query.limit ?? defaultPageSize);
  }

  private now(): Date {
    return new Date(this.alerting.clock.nowMs());
  }

  private async historyOf(
    tenant: string,
    id: string,
    before: number | undefined,
    limit: number,
  ): Promise<AlarmHistory> {
    const entries = await this.alerting.read((db) => listEntries(db, tenant, id, { before, limit: limit + 1 }));
    return pageOf(entries, limit, entryView, ({ version }) => version);
  }
}
