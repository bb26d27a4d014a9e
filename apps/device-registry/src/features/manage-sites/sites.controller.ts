import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Put, Query, Res } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { CurrentOperator, Roles, pageOf, type Operator, versionedAnswer } from '@myelin/service-kit';
import type { FastifyReply } from 'fastify';
import { findSite, listSites } from '../../persistence/sites.repository.js';
import { problems } from '../../problems.js';
import { Registry } from '../../registry.js';
import { PageQuery, defaultPageSize, positionOf } from '../../validation/page.dto.js';
import { siteParameter } from '../../validation/path-parameter.pipes.js';
import { SiteBody, SiteList, SiteView, siteView } from './site.dto.js';
import { putSite, removeSite } from './sites.handler.js';

@ApiTags('sites')
@Controller('v1/sites')
export class SitesController {
  constructor(private readonly registry: Registry) {}

  @Put(':site')
  @ApiOperation({ summary: 'Creates or replaces a site: where devices stand' })
  @Roles('operator')
  @ApiHeader({ name: 'If-Match', required: false, description: 'needed to change an existing site' })
  @ApiHeader({ name: 'If-None-Match', required: false, description: '`*`: only create' })
  @ApiOkResponse({ type: SiteView })
  @ApiCreatedResponse({ type: SiteView })
  async put(
    @CurrentOperator() operator: Operator,
    @Param('site', siteParameter) site: string,
    @Body() body: SiteBody,
    @Headers('if-match') ifMatch: string | undefined,
    @Headers('if-none-match') ifNoneMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SiteView> {
    const { row, created } = await putSite(this.registry, operator, { site, body, ifMatch, ifNoneMatch });
    reply.status(created ? 201 : 200);
    return versionedAnswer(reply, siteView(row));
  }

  @Get()
  @ApiOperation({ summary: 'Sites, by name' })
  @Roles('viewer')
  @ApiOkResponse({ type: SiteList })
  async list(@CurrentOperator() operator: Operator, @Query() query: PageQuery): Promise<SiteList> {
    const limit = query.limit ?? defaultPageSize;
    const after = positionOf(query);
    const rows = await this.registry.read((db) => listSites(db, operator.tenant, after, limit + 1));
    return pageOf(rows, limit, siteView, (row) => row.site);
  }

  @Get(':site')
  @ApiOperation({ summary: 'A site' })
  @Roles('viewer')
  @ApiOkResponse({ type: SiteView })
  async read(
    @CurrentOperator() operator: Operator,
    @Param('site', siteParameter) site: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SiteView> {
    const row = await this.registry.read((db) => findSite(db, operator.tenant, site));
    if (row === null) throw problems.notFound('site');
    return versionedAnswer(reply, siteView(row));
  }

  @Delete(':site')
  @ApiOperation({ summary: 'Deletes a site at which no device stands' })
  @Roles('operator')
  @HttpCode(204)
  @ApiHeader({ name: 'If-Match', required: true })
  @ApiNoContentResponse()
  async remove(
    @CurrentOperator() operator: Operator,
    @Param('site', siteParameter) site: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await removeSite(this.registry, operator, { site, ifMatch });
  }
}
