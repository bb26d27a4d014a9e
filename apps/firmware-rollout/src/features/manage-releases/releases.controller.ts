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
import type { ReleaseRecord } from '../../domain/releases/release.js';
import { Firmware } from '../../firmware.js';
import { listHistory } from '../../persistence/release-history.repository.js';
import { findRelease, listReleases } from '../../persistence/releases.repository.js';
import { problems } from '../../problems.js';
import { nextStep } from '../../releases/judging.js';
import { releaseEntity } from '../../releases/note-history.js';
import { releaseParameter } from '../../releases/path-parameters.js';
import { HistoryList, HistoryQuery, defaultHistoryPageSize, historyEntry, historyPosition } from './history.dto.js';
import {
  ReleaseBody,
  ReleaseList,
  ReleaseQuery,
  ReleaseSummary,
  ReleaseView,
  defaultPageSize,
  definitionOf,
  positionOf,
  releaseSummary,
  releaseView,
} from './release.dto.js';
import { deleteDraft, putRelease } from './releases.handler.js';

@ApiTags('releases')
@Controller('v1/releases')
export class ReleasesController {
  constructor(private readonly firmware: Firmware) {}

  @Put(':release')
  @ApiOperation({ summary: 'Creates or replaces a draft; what it says already is put without a new revision' })
  @Roles('release-manager')
  @ApiHeader({ name: 'If-Match', required: false, description: 'needed to change an existing draft' })
  @ApiHeader({ name: 'If-None-Match', required: false, description: '`*`: only create' })
  @ApiOkResponse({ type: ReleaseSummary })
  @ApiCreatedResponse({ type: ReleaseSummary })
  @ApiConflictResponse({ description: '`release-not-draft`, `release-limit`' })
  async put(
    @CurrentOperator() operator: Operator,
    @Param('release', releaseParameter) release: string,
    @Body() body: ReleaseBody,
    @Headers('if-match') ifMatch: string | undefined,
    @Headers('if-none-match') ifNoneMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReleaseSummary> {
    const command = { release, definition: definitionOf(body), ifMatch, ifNoneMatch };
    const { row, created } = await putRelease(this.firmware, operator, command);
    reply.status(created ? 201 : 200).header('ETag', etag(row.revision));
    return releaseSummary(row);
  }

  @Get()
  @ApiOperation({ summary: 'Releases, by id' })
  @Roles('viewer')
  @ApiOkResponse({ type: ReleaseList })
  async list(@CurrentOperator() { tenant }: Operator, @Query() query: ReleaseQuery): Promise<ReleaseList> {
    const limit = query.limit ?? defaultPageSize;
    const page = { after: positionOf(query), limit: limit + 1 };
    const { profile, state } = query;
    const rows = await this.firmware.read((db) => listReleases(db, tenant, { profile, state }, page));
    return pageOf(rows, limit, releaseSummary, ({ release }) => release);
  }

  @Get(':release')
  @ApiOperation({ summary: 'A release, and what stands in the way of publishing it or rolling it out' })
  @Roles('viewer')
  @ApiOkResponse({ type: ReleaseView })
  async read(
    @CurrentOperator() operator: Operator,
    @Param('release', releaseParameter) release: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReleaseView> {
    const row = await this.find(operator, release);
    const { obstacles } = await this.firmware.read((db) => nextStep(db, row, this.firmware.clock.nowMs()));
    reply.header('ETag', etag(row.revision));
    return releaseView(row, obstacles);
  }

  @Get(':release/history')
  @ApiOperation({ summary: 'Who did what to a release, also to one that was deleted as a draft' })
  @Roles('viewer')
  @ApiOkResponse({ type: HistoryList })
  async history(
    @CurrentOperator() operator: Operator,
    @Param('release', releaseParameter) release: string,
    @Query() query: HistoryQuery,
  ): Promise<HistoryList> {
    const limit = query.limit ?? defaultHistoryPageSize;
    const page = { before: historyPosition(query), limit: limit + 1 };
    const rows = await this.firmware.read((db) => listHistory(db, operator.tenant, releaseEntity(release), page));
    if (rows.length === 0) await this.find(operator, release);
    return pageOf(rows, limit, historyEntry, ({ id }) => id);
  }

  @Delete(':release')
  @ApiOperation({ summary: 'Deletes a draft' })
  @Roles('release-manager')
  @HttpCode(204)
  @ApiHeader({ name: 'If-Match', required: true })
  @ApiNoContentResponse()
  @ApiConflictResponse({ description: '`release-not-draft`' })
  async remove(
    @CurrentOperator() operator: Operator,
    @Param('release', releaseParameter) release: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await deleteDraft(this.firmware, operator, { release, ifMatch });
  }

  private async find({ tenant }: Operator, release: string): Promise<ReleaseRecord> {
    const row = await this.firmware.read((db) => findRelease(db, tenant, release));
    if (row === null) throw problems.notFound('release');
    return row;
  }
}
