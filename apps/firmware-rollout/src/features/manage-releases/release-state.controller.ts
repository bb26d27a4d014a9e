import { CurrentOperator, type Operator, Roles, etag } from '@myelin/service-kit';
import { Body, Controller, Get, Headers, HttpCode, Param, Post, Put, Res } from '@nestjs/common';
import {
  ApiBadRequestResponse,
  ApiBody,
  ApiConflictResponse,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { ReleaseRecord } from '../../domain/releases/release.js';
import { Firmware } from '../../firmware.js';
import { findRelease } from '../../persistence/releases.repository.js';
import { problems } from '../../problems.js';
import { releaseParameter } from '../../releases/path-parameters.js';
import { EnvelopeSchema } from './envelope.dto.js';
import { ReleaseSummary, RevokeReleaseBody, releaseSummary } from './release.dto.js';
import { putManifest } from './release-manifest.handler.js';
import { publishRelease, revokeRelease } from './release-state.handler.js';

/** The way of a release: its manifest, its publication, its end. */
@ApiTags('releases')
@Controller('v1/releases')
export class ReleaseStateController {
  constructor(private readonly firmware: Firmware) {}

  @Put(':release/manifest')
  @ApiOperation({ summary: 'Signs a draft: a DSSE envelope whose payload says what the draft says' })
  @Roles('release-manager')
  @ApiBody({ type: EnvelopeSchema })
  @ApiOkResponse({ type: ReleaseSummary })
  @ApiBadRequestResponse({ description: '`manifest-refused`: every fault with its `code`' })
  @ApiConflictResponse({ description: '`release-not-draft`' })
  async putManifest(
    @CurrentOperator() operator: Operator,
    @Param('release', releaseParameter) release: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReleaseSummary> {
    return answer(reply, await putManifest(this.firmware, operator, { release, body }));
  }

  @Get(':release/manifest')
  @ApiOperation({ summary: 'The signed manifest, as it was put' })
  @Roles('viewer')
  @ApiOkResponse({ type: EnvelopeSchema })
  async readManifest(
    @CurrentOperator() { tenant }: Operator,
    @Param('release', releaseParameter) release: string,
  ): Promise<EnvelopeSchema> {
    const row = await this.firmware.read((db) => findRelease(db, tenant, release));
    if (row === null) throw problems.notFound('release');
    if (row.manifest === null) throw problems.notFound('release-manifest');
    return row.manifest;
  }

  @Post(':release/publish')
  @ApiOperation({ summary: 'Publishes a draft for good: from now on nothing of it changes' })
  @Roles('release-manager')
  @HttpCode(200)
  @ApiHeader({ name: 'If-Match', required: true, description: 'what is published is what was read' })
  @ApiOkResponse({ type: ReleaseSummary })
  @ApiConflictResponse({ description: '`release-not-publishable` with every obstacle, `release-revoked`' })
  async publish(
    @CurrentOperator() operator: Operator,
    @Param('release', releaseParameter) release: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReleaseSummary> {
    return answer(reply, await publishRelease(this.firmware, operator, { release, ifMatch }));
  }

  @Post(':release/revoke')
  @ApiOperation({ summary: 'Takes a published release back for good' })
  @Roles('release-manager')
  @HttpCode(200)
  @ApiOkResponse({ type: ReleaseSummary })
  @ApiConflictResponse({ description: '`release-not-published`' })
  async revoke(
    @CurrentOperator() operator: Operator,
    @Param('release', releaseParameter) release: string,
    @Body() { reason }: RevokeReleaseBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReleaseSummary> {
    return answer(reply, await revokeRelease(this.firmware, operator, { release, reason }));
  }
}

function answer(reply: FastifyReply, row: ReleaseRecord): ReleaseSummary {
  reply.header('ETag', etag(row.revision));
  return releaseSummary(row);
}
