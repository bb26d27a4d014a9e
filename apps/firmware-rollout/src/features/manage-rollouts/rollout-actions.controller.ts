import { CurrentOperator, type Operator, Roles, etag } from '@myelin/service-kit';
import { Body, Controller, Headers, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiConflictResponse, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Firmware } from '../../firmware.js';
import { rolloutParameter, waveParameter } from './path-parameters.js';
import { type AskedAction, actOnRollout } from './rollout-actions.handler.js';
import { type RolloutFacts, RolloutView, rolloutView } from './rollout-view.dto.js';
import { ReasonBody } from './rollout.dto.js';
import { startRollout } from './start-rollout.handler.js';

const optionalIfMatch = {
  name: 'If-Match',
  required: false,
  description: 'if given, it must hold for what changes something',
} as const;

/** The way of a rollout. What is so already is answered with 200 and changes nothing. */
@ApiTags('rollouts')
@Controller('v1/rollouts')
export class RolloutActionsController {
  constructor(private readonly firmware: Firmware) {}

  @Post(':rollout/start')
  @ApiOperation({ summary: 'Plans a draft for good and starts it' })
  @Roles('release-manager')
  @HttpCode(200)
  @ApiHeader({ name: 'If-Match', required: true, description: 'what is started is what was read' })
  @ApiOkResponse({ type: RolloutView })
  @ApiConflictResponse({
    description: '`release-not-rollable` with every obstacle; `rollout-aborting`, `rollout-over`',
  })
  async start(
    @CurrentOperator() operator: Operator,
    @Param('rollout', rolloutParameter) rollout: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RolloutView> {
    return answer(reply, await startRollout(this.firmware, operator, { rollout, ifMatch }));
  }

  @Post(':rollout/approve')
  @ApiOperation({ summary: 'Approves of a start that waits for it' })
  @Roles('release-manager')
  @HttpCode(200)
  @ApiHeader(optionalIfMatch)
  @ApiOkResponse({ type: RolloutView })
  @ApiConflictResponse({
    description: '`rollout-own-approval`, `rollout-not-started`, `rollout-aborting`, `rollout-over`',
  })
  approve(
    @CurrentOperator() operator: Operator,
    @Param('rollout', rolloutParameter) rollout: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RolloutView> {
    return this.act(operator, reply, { rollout, ifMatch, asked: { kind: 'approve' } });
  }

  @Post(':rollout/pause')
  @ApiOperation({ summary: 'Offers nobody anything until it is resumed; whoever is at work goes on' })
  @Roles('release-manager')
  @HttpCode(200)
  @ApiHeader(optionalIfMatch)
  @ApiOkResponse({ type: RolloutView })
  @ApiConflictResponse({ description: '`rollout-<why>`' })
  pause(
    @CurrentOperator() operator: Operator,
    @Param('rollout', rolloutParameter) rollout: string,
    @Body() { reason }: ReasonBody,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RolloutView> {
    return this.act(operator, reply, { rollout, ifMatch, asked: { kind: 'pause', reason } });
  }

  @Post(':rollout/resume')
  @ApiOperation({ summary: 'Goes on; what it was paused for is not held against the wave again' })
  @Roles('release-manager')
  @HttpCode(200)
  @ApiHeader(optionalIfMatch)
  @ApiOkResponse({ type: RolloutView })
  @ApiConflictResponse({ description: '`rollout-<why>`' })
  resume(
    @CurrentOperator() operator: Operator,
    @Param('rollout', rolloutParameter) rollout: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RolloutView> {
    return this.act(operator, reply, { rollout, ifMatch, asked: { kind: 'resume' } });
  }

  @Post(':rollout/abort')
  @ApiOperation({ summary: 'Ends it for good: nobody begins any more, and whoever is at work is asked to stop' })
  @Roles('release-manager')
  @HttpCode(200)
  @ApiHeader(optionalIfMatch)
  @ApiOkResponse({ type: RolloutView })
  @ApiConflictResponse({ description: '`rollout-over`' })
  abort(
    @CurrentOperator() operator: Operator,
    @Param('rollout', rolloutParameter) rollout: string,
    @Body() { reason }: ReasonBody,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RolloutView> {
    return this.act(operator, reply, { rollout, ifMatch, asked: { kind: 'abort', reason } });
  }

  @Post(':rollout/waves/:wave/approve')
  @ApiOperation({ summary: 'Approves of going on after a wave, where a condition asks for it' })
  @Roles('release-manager')
  @HttpCode(200)
  @ApiHeader(optionalIfMatch)
  @ApiOkResponse({ type: RolloutView })
  @ApiConflictResponse({ description: '`rollout-own-approval`, `rollout-no-such-wave`, `rollout-wave-not-begun`' })
  approveWave(
    @CurrentOperator() operator: Operator,
    @Param('rollout', rolloutParameter) rollout: string,
    @Param('wave', waveParameter) wave: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RolloutView> {
    return this.act(operator, reply, { rollout, ifMatch, asked: { kind: 'approve-wave', wave: Number(wave) } });
  }

  @Post(':rollout/waves/:wave/advance')
  @ApiOperation({ summary: 'Goes on after a wave, whatever the conditions say' })
  @Roles('release-manager')
  @HttpCode(200)
  @ApiHeader(optionalIfMatch)
  @ApiOkResponse({ type: RolloutView })
  @ApiConflictResponse({ description: '`rollout-no-such-wave`, `rollout-wave-not-begun`, `rollout-paused`' })
  advance(
    @CurrentOperator() operator: Operator,
    @Param('rollout', rolloutParameter) rollout: string,
    @Param('wave', waveParameter) wave: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RolloutView> {
    return this.act(operator, reply, { rollout, ifMatch, asked: { kind: 'advance', wave: Number(wave) } });
  }

  private async act(
    operator: Operator,
    reply: FastifyReply,
    command: { readonly rollout: string; readonly ifMatch: string | undefined; readonly asked: AskedAction },
  ): Promise<RolloutView> {
    return answer(reply, await actOnRollout(this.firmware, operator, command));
  }
}

function answer(reply: FastifyReply, facts: RolloutFacts): RolloutView {
  reply.header('ETag', etag(facts.record.rollout.version));
  return rolloutView(facts);
}
