import { CurrentOperator, type Operator, Roles } from '@myelin/service-kit';
import { Controller, Get, type OnModuleInit, Param, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { Firmware } from '../../firmware.js';
import { rolloutParameter } from './path-parameters.js';
import { readFacts } from './rollout-facts.js';
import { type StreamOf, RolloutStreams } from './rollout-streams.js';
import { type RolloutView, rolloutView } from './rollout-view.dto.js';

@ApiTags('rollouts')
@Controller('v1/rollouts')
export class RolloutEventsController implements OnModuleInit {
  private readonly streams = new RolloutStreams((of) => this.view(of));

  constructor(
    private readonly firmware: Firmware,
    private readonly host: HttpAdapterHost,
  ) {}

  /** Streams end before the server waits for requests under way. */
  onModuleInit(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    fastify.addHook('preClose', (done) => {
      this.streams.close();
      done();
    });
  }

  @Get(':rollout/events')
  @ApiOperation({
    summary: 'A rollout as server-sent events: as it is now, and again when it has changed, at most once a second',
    description:
      'Events are `rollout`, their data what `GET` of the rollout answers. A stream ends after ten minutes: come again.',
  })
  @Roles('viewer')
  @ApiProduces('text/event-stream')
  @ApiOkResponse({ schema: { type: 'string' } })
  @ApiServiceUnavailableResponse({
    description: '`too-many-streams`: 25 of the tenant, or 100 in all, are open at this process',
  })
  async events(
    @CurrentOperator() { tenant }: Operator,
    @Param('rollout', rolloutParameter) rollout: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const view = await this.view({ tenant, rollout });
    this.streams.refuseTooMany(tenant);
    reply.hijack();
    this.streams.add({ tenant, rollout }, reply.raw, view);
  }

  private view({ tenant, rollout }: StreamOf): Promise<RolloutView> {
    return this.firmware.read(async (db) => rolloutView(await readFacts(db, tenant, rollout)));
  }
}
