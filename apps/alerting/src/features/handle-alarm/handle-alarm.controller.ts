import { CurrentOperator, type Operator, Roles, versionedAnswer } from '@myelin/service-kit';
import { Body, Controller, Headers, HttpCode, Param, Post, Res, applyDecorators } from '@nestjs/common';
import { ApiConflictResponse, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Alerting } from '../../alerting.js';
import { AlarmView, alarmView } from '../../alarms/alarm.dto.js';
import { AlarmStore } from '../../alarms/alarm-store.js';
import type { AlarmCommand } from '../../domain/alarms/alarm.js';
import { alarmParameter } from '../../http/path-parameters.js';
import { AssignBody, ClearBody, CommentBody, ShelveBody } from './alarm-command.dto.js';
import { handleAlarm } from './handle-alarm.handler.js';

/** A route for one command. */
const Command = (kind: AlarmCommand['kind'], summary: string): MethodDecorator =>
  applyDecorators(
    Post(`:alarm/${kind}`),
    HttpCode(200),
    ApiOperation({ summary }),
    ApiHeader({ name: 'If-Match', required: true }),
    ApiOkResponse({ type: AlarmView }),
    ApiConflictResponse({ description: '`alarm-nothing-to-change`: the alarm is as the command wants it' }),
  );

/** What every command comes with. */
interface Asked {
  readonly operator: Operator;
  readonly id: string;
  readonly ifMatch: string | undefined;
  readonly reply: FastifyReply;
}

@ApiTags('alarms')
@Controller('v1/alarms')
@Roles('operator')
export class HandleAlarmController {
  constructor(
    private readonly alerting: Alerting,
    private readonly alarms: AlarmStore,
  ) {}

  @Command('acknowledge', 'Says that somebody has seen the alarm')
  acknowledge(
    @CurrentOperator() operator: Operator,
    @Param('alarm', alarmParameter) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AlarmView> {
    return this.handle({ operator, id, ifMatch, reply }, { kind: 'acknowledge' });
  }

  @Command('unacknowledge', 'Takes the acknowledgement back')
  unacknowledge(
    @CurrentOperator() operator: Operator,
    @Param('alarm', alarmParameter) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AlarmView> {
    return this.handle({ operator, id, ifMatch, reply }, { kind: 'unacknowledge' });
  }

  @Command('shelve', 'Puts the alarm aside: nobody is notified of it for a time')
  shelve(
    @CurrentOperator() operator: Operator,
    @Param('alarm', alarmParameter) id: string,
    @Body() body: ShelveBody,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AlarmView> {
    return this.handle({ operator, id, ifMatch, reply }, { kind: 'shelve', untilMs: Date.parse(body.until) });
  }

  @Command('unshelve', 'Ends that')
  unshelve(
    @CurrentOperator() operator: Operator,
    @Param('alarm', alarmParameter) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AlarmView> {
    return this.handle({ operator, id, ifMatch, reply }, { kind: 'unshelve' });
  }

  @Command('assign', 'Says whose the alarm is')
  assign(
    @CurrentOperator() operator: Operator,
    @Param('alarm', alarmParameter) id: string,
    @Body() body: AssignBody,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AlarmView> {
    return this.handle({ operator, id, ifMatch, reply }, { kind: 'assign', assignee: body.assignee });
  }

  @Command('unassign', "Makes the alarm nobody's")
  unassign(
    @CurrentOperator() operator: Operator,
    @Param('alarm', alarmParameter) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AlarmView> {
    return this.handle({ operator, id, ifMatch, reply }, { kind: 'unassign' });
  }

  @Command('comment', 'Adds a comment to the history of the alarm')
  comment(
    @CurrentOperator() operator: Operator,
    @Param('alarm', alarmParameter) id: string,
    @Body() body: CommentBody,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AlarmView> {
    return this.handle({ operator, id, ifMatch, reply }, { kind: 'comment', text: body.text });
  }

  @Command('clear', 'Clears the alarm by hand; its rule raises the next one when its condition begins to hold anew')
  clear(
    @CurrentOperator() operator: Operator,
    @Param('alarm', alarmParameter) id: string,
    @Body() body: ClearBody,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AlarmView> {
    return this.handle({ operator, id, ifMatch, reply }, { kind: 'clear', reason: body.reason });
  }

  private async handle({ operator, id, ifMatch, reply }: Asked, command: AlarmCommand): Promise<AlarmView> {
    const alarm = await handleAlarm(this.alerting, this.alarms, operator, { id, command, ifMatch });
    return versionedAnswer(reply, alarmView(alarm));
  }
}
