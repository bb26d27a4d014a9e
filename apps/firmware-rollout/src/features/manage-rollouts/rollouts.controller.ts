import { CurrentOperator, type Operator, Roles, etag, pageOf } from '@myelin/service-kit';
import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Put, Query, Res } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { defaultWeight } from '../../domain/assignments/choose-for-device.js';
import { Firmware } from '../../firmware.js';
import { listRolloutEntries, listRollouts } from '../../persistence/rollout-lists.repository.js';
import { rolloutParameter } from './path-parameters.js';
import { RolloutPreview } from './preview.dto.js';
import { readFacts, readRollout } from './rollout-facts.js';
import {
  RolloutHistory,
  RolloutHistoryQuery,
  defaultHistoryPageSize,
  historyPosition,
  rolloutEntryView,
} from './rollout-history.dto.js';
import { RolloutList, RolloutSummary, RolloutView, rolloutSummary, rolloutView } from './rollout-view.dto.js';
import { RolloutBody, RolloutQuery, defaultPageSize, definitionOf, positionOf } from './rollout.dto.js';
import { deleteDraft, putRollout } from './rollouts.handler.js';
import { previewRollout } from './start-rollout.handler.js';

@ApiTags('rollouts')
@Controller('v1/rollouts')
export class RolloutsController {
  constructor(private readonly firmware: Firmware) {}

  @Put(':rollout')
  @ApiOperation({ summary: 'Creates or replaces a draft; what it says already is put without a new version' })
  @Roles('release-manager')
  @ApiHeader({ name: 'If-Match', required: false, description: 'needed to change an existing draft' })
  @ApiHeader({ name: 'If-None-Match', required: false, description: '`*`: only create' })
  @ApiOkResponse({ type: RolloutSummary })
  @ApiCreatedResponse({ type: RolloutSummary })
  @ApiConflictResponse({ description: '`rollout-not-draft`, `rollout-limit`' })
  async put(
    @CurrentOperator() operator: Operator,
    @Param('rollout', rolloutParameter) rollout: string,
    @Body() body: RolloutBody,
    @Headers('if-match') ifMatch: string | undefined,
    @Headers('if-none-match') ifNoneMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RolloutSummary> {
    const content = { definition: definitionOf(body), weight: body.weight ?? defaultWeight };
    const { record, created } = await putRollout(this.firmware, operator, {
      rollout,
      ...content,
      ifMatch,
      ifNoneMatch,
    });
    reply.status(created ? 201 : 200).header('ETag', etag(record.rollout.version));
    return rolloutSummary(record);
  }

  @Get()
  @ApiOperation({ summary: 'Rollouts, by id' })
  @Roles('viewer')
  @ApiOkResponse({ type: RolloutList })
  async list(@CurrentOperator() { tenant }: Operator, @Query() query: RolloutQuery): Promise<RolloutList> {
    const limit = query.limit ?? defaultPageSize;
    const page = { after: positionOf(query), limit: limit + 1 };
    const rows = await this.firmware.read((db) => listRollouts(db, tenant, { state: query.state }, page));
    return pageOf(rows, limit, rolloutSummary, ({ name }) => name);
  }

  @Get(':rollout')
  @ApiOperation({ summary: 'A rollout, with how many devices of each wave are in which state, and why' })
  @Roles('viewer')
  @ApiOkResponse({ type: RolloutView })
  async read(
    @CurrentOperator() { tenant }: Operator,
    @Param('rollout', rolloutParameter) rollout: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RolloutView> {
    const facts = await this.firmware.read((db) => readFacts(db, tenant, rollout));
    reply.header('ETag', etag(facts.record.rollout.version));
    return rolloutView(facts);
  }

  @Delete(':rollout')
  @ApiOperation({ summary: 'Deletes a draft' })
  @Roles('release-manager')
  @HttpCode(204)
  @ApiHeader({ name: 'If-Match', required: true })
  @ApiNoContentResponse()
  @ApiConflictResponse({ description: '`rollout-not-draft`' })
  async remove(
    @CurrentOperator() operator: Operator,
    @Param('rollout', rolloutParameter) rollout: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await deleteDraft(this.firmware, operator, { rollout, ifMatch });
  }

  @Get(':rollout/preview')
  @ApiOperation({ summary: 'What a start would plan now: who has its turn in which wave, and who is left out' })
  @Roles('viewer')
  @ApiOkResponse({ type: RolloutPreview })
  @ApiConflictResponse({ description: '`rollout-not-draft`, `release-not-rollable` when there is no such release' })
  preview(
    @CurrentOperator() { tenant }: Operator,
    @Param('rollout', rolloutParameter) rollout: string,
  ): Promise<RolloutPreview> {
    return previewRollout(this.firmware, tenant, rollout);
  }

  @Get(':rollout/history')
  @ApiOperation({ summary: 'What happened to a rollout after it was created, the latest first' })
  @Roles('viewer')
  @ApiOkResponse({ type: RolloutHistory })
  async history(
    @CurrentOperator() { tenant }: Operator,
    @Param('rollout', rolloutParameter) rollout: string,
    @Query() query: RolloutHistoryQuery,
  ): Promise<RolloutHistory> {
    const limit = query.limit ?? defaultHistoryPageSize;
    const page = { before: historyPosition(query), limit: limit + 1 };
    const rows = await this.firmware.read(async (db) => {
      const { id } = (await readRollout(db, tenant, rollout)).rollout;
      return listRolloutEntries(db, id, page);
    });
    return pageOf(rows, limit, rolloutEntryView, ({ version }) => version);
  }
}
