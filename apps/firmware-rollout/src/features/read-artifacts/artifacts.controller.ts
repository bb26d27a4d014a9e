import { CurrentOperator, type Operator, PathParameterPipe, Roles, pageOf } from '@myelin/service-kit';
import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Artifacts } from '../../artifacts/artifacts.js';
import { serveArtifact } from '../../artifacts/serve-artifact.js';
import { Firmware } from '../../firmware.js';
import { type ArtifactRow, findArtifact, listArtifacts } from '../../persistence/artifacts.repository.js';
import { problems } from '../../problems.js';
import {
  ArtifactList,
  ArtifactQuery,
  ArtifactView,
  artifactView,
  defaultPageSize,
  digestForm,
  positionOf,
} from './artifact.dto.js';

const digestParameter = new PathParameterPipe('sha256', (value) => digestForm.test(value));

@ApiTags('artifacts')
@Controller('v1/artifacts')
@Roles('viewer')
export class ArtifactsController {
  constructor(
    private readonly firmware: Firmware,
    private readonly artifacts: Artifacts,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Artifacts, the latest first' })
  @ApiOkResponse({ type: ArtifactList })
  async list(@CurrentOperator() { tenant }: Operator, @Query() query: ArtifactQuery): Promise<ArtifactList> {
    const { limit = defaultPageSize } = query;
    const page = { after: positionOf(query), limit: limit + 1 };
    const rows = await this.firmware.read((db) => listArtifacts(db, tenant, page));
    return pageOf(rows, limit, artifactView, ({ createdAtUs, sha256 }) => [createdAtUs, sha256]);
  }

  @Get(':sha256')
  @ApiOperation({ summary: 'An artifact' })
  @ApiOkResponse({ type: ArtifactView })
  async read(
    @CurrentOperator() { tenant }: Operator,
    @Param('sha256', digestParameter) sha256: string,
  ): Promise<ArtifactView> {
    return artifactView(await this.#found(tenant, sha256));
  }

  @Get(':sha256/content')
  @ApiOperation({ summary: 'The bytes of an artifact, or one range of them' })
  @ApiProduces('application/octet-stream')
  @ApiHeader({ name: 'Range', description: 'one range of bytes; several are refused' })
  @ApiHeader({ name: 'If-Range' })
  @ApiHeader({ name: 'If-None-Match' })
  @ApiOkResponse({ schema: { type: 'string', format: 'binary' } })
  @ApiResponse({ status: 206, description: 'the range' })
  @ApiResponse({ status: 304, description: 'it is what the client has' })
  @ApiResponse({ status: 412, description: '`artifact-changed`: If-Match names another' })
  @ApiResponse({ status: 416, description: '`range-not-satisfiable`, also for several ranges' })
  async content(
    @CurrentOperator() { tenant }: Operator,
    @Param('sha256', digestParameter) sha256: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const artifact = await this.#found(tenant, sha256);
    await serveArtifact(this.artifacts, artifact, request, reply.raw);
    reply.hijack();
  }

  async #found(tenant: string, sha256: string): Promise<ArtifactRow> {
    const artifact = await this.firmware.read((db) => findArtifact(db, tenant, sha256));
    if (artifact === null) throw problems.notFound('artifact');
    return artifact;
  }
}
