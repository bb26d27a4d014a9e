import { CurrentOperator, type Operator, etag } from '@myelin/service-kit';
import { Body, Controller, Headers, Param, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Firmware } from '../../firmware.js';
import { rolloutParameter, waveParameter } from './path-parameters.js';
import { RolloutAction } from './rollout-action.decorator.js';
import { type AskedAction, actOnRollout } from './rollout-actions.handler.js';
import { type RolloutFacts, RolloutView, rolloutView } from './rollout-view.dto.js';
import { ReasonBody } from './rollout.dto.js';
import { startRollout } from './start-rollout.handler.js';

/** The way of a rollout. What is so already is answered with 200 and changes nothing. */
@ApiTags('rollouts')
@Controller('v1/rollouts')
export class RolloutActionsController {
  constructor(private readonly firmware: Firmware) {}

  @RolloutAction('start', {
    summary: 'Plans a draft for good and starts it',
    conflicts:
      '`release-not-rollable` and `rollout-matches-nobody` with every obstacle; `rollout-aborting`, `rollout-over`',
    ifMatch: 'required',
  })
  async start(
    @CurrentOperator() operator: Operator,
    @Param('rollout', rolloutParameter) rollout: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RolloutView> {
    return answer(reply, await startRollout(this.firmware, operator, { rollout, ifMatch }));
  }

  @RolloutAction('approve', {
    summary: 'Approves of a start that waits for it',
    conflicts:
      '`release-not-rollable` with every obstacle; `rollout-own-approval`, `rollout-not-started`, `rollout-aborting`, `rollout-over`',
  })
  approve(
    @CurrentOperator() operator: Operator,
    @Param('rollout', rolloutParameter) rollout: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RolloutView> {
    return this.act(operator, reply, { rollout, ifMatch, asked: { kind: 'approve' } });
  }

  @RolloutAction('pause', {
    summary: 'Offers nobody anything until it is resumed; whoever is at work goes on',
    conflicts: '`rollout-<why>`',
  })
  pause(
    @CurrentOperator() operator: Operator,
    @Param('rollout', rolloutParameter) rollout: string,
    @Body() { reason }: ReasonBody,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RolloutView> {
    return this.act(operator, reply, { rollout, ifMatch, asked: { kind: 'pause', reason } });
  }

  @RolloutAction('resume', {
    summary: 'Goes on; what it was paused for is not held against the wave again',
    conflicts: '`release-not-rollable` with every obstacle; `rollout-<why>`',
  })
  resume(
    @CurrentOperator() operator: Operator,
    @Param('rollout', rolloutParameter) rollout: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RolloutView> {
    return this.act(operator, reply, { rollout, ifMatch, asked: { kind: 'resume' } });
  }

  @RolloutAction('abort', {
    summary: 'Ends it for good: nobody begins any more, and whoever is at work is asked to stop',
    conflicts: '`rollout-over`',
  })
  abort(
    @CurrentOperator() operator: Operator,
    @Param('rollout', rolloutParameter) rollout: string,
    @Body() { reason }: ReasonBody,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RolloutView> {
    return this.act(operator, reply, { rollout, ifMatch, asked: { kind: 'abort', reason } });
  }

  @RolloutAction('waves/:wave/approve', {
    summary: 'Approves of going on after a wave, where a condition asks for it',
    conflicts:
      '`release-not-rollable` with every obstacle; `rollout-own-approval`, `rollout-no-such-wave`, `rollout-wave-not-begun`',
  })
  approveWave(
    @CurrentOperator() operator: Operator,
    @Param('rollout', rolloutParameter) rollout: string,
    @Param('wave', waveParameter) wave: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RolloutView> {
    return this.act(operator, reply, { rollout, ifMatch, asked: { kind: 'approve-wave', wave: Number(wave) } });
  }

  @RolloutAction('waves/:wave/advance', {
    summary: 'Goes on after a wave, whatever the conditions say',
    conflicts:
      '`release-not-rollable` with every obstacle; `rollout-no-such-wave`, `rollout-wave-not-begun`, `rollout-paused`',
  })
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
